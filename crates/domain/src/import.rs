//! Where an import stands: a register is checked, then committed, and may be taken back.

use serde::{Deserialize, Serialize};

use crate::refusal::InvalidState;

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("checked", "committed"))]
pub enum ImportState {
    /// Its rows are being judged.
    Checking,
    /// Every row has a verdict. Nothing was written.
    Checked,
    /// It is being written, in slices.
    Committing,
    /// What was to be written is.
    Committed,
    /// It is being taken back, in slices.
    Undoing,
    /// It was taken back.
    Undone,
    /// It could not be done; `detail` says why.
    Failed,
}

impl ImportState {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Committing => "committing",
            Self::Committed => "committed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Failed => "failed",
        }
    }

    /// The state with this code.
    pub fn parse(code: &str) -> Option<Self> {
        use ImportState::{Checked, Checking, Committed, Committing, Failed, Undoing, Undone};
        let all = [Checking, Checked, Committing, Committed, Undoing, Undone, Failed];
        all.into_iter().find(|state| state.as_str() == code)
    }

    /// Whether the service is at work on it.
    pub const fn is_at_work(self) -> bool {
        matches!(self, Self::Checking | Self::Committing | Self::Undoing)
    }

    /// Where it can go when somebody asks.
    const fn open(self) -> &'static [Self] {
        match self {
            Self::Checked => &[Self::Checking, Self::Committing],
            Self::Committed => &[Self::Undoing],
            Self::Checking | Self::Committing | Self::Undoing | Self::Undone | Self::Failed => &[],
        }
    }

    /// Whether it may be removed: not while the service is at work on it.
    pub fn remove(self) -> Result<(), InvalidState> {
        if !self.is_at_work() {
            return Ok(());
        }
        Err(InvalidState {
            from: self.as_str().to_owned(),
            to: "removed".to_owned(),
            allowed: Vec::new(),
            missing: Vec::new(),
            detail: "It is at work; wait until it is done.".to_owned(),
        })
    }

    /// The state it is in when somebody asks for it to be judged anew, committed or taken back.
    pub fn go(self, to: Self) -> Result<Self, InvalidState> {
        if self.open().contains(&to) {
            return Ok(to);
        }
        let detail = match self {
            Self::Checking | Self::Committing | Self::Undoing => "It is at work; wait until it is done.",
            Self::Checked => "Nothing of it was written yet.",
            Self::Committed => "It was committed; it can only be taken back as a whole.",
            Self::Undone => "It was taken back; send the file again.",
            Self::Failed => "It failed; send the file again.",
        };
        Err(InvalidState {
            from: self.as_str().to_owned(),
            to: to.as_str().to_owned(),
            allowed: self.open().iter().map(|state| state.as_str().to_owned()).collect(),
            missing: Vec::new(),
            detail: detail.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ImportState::{Checked, Checking, Committed, Committing, Failed, Undoing, Undone};
    use super::*;

    #[test]
    fn it_is_checked_committed_and_taken_back_in_that_order() {
        let states = [Checking, Checked, Committing, Committed, Undoing, Undone, Failed];
        let open = [(Checked, Checking), (Checked, Committing), (Committed, Undoing)];
        for from in states {
            assert_eq!(ImportState::parse(from.as_str()), Some(from));
            assert_eq!(from.remove().is_ok(), !from.is_at_work());
            for to in states {
                assert_eq!(from.go(to).is_ok(), open.contains(&(from, to)), "{from:?} {to:?}");
            }
        }
    }
}
