//! How a tie is told: whom it joins, since when, by which papers.

use pobratim_domain::value::{PartialDate, Qualifier, Quantity};
use pobratim_domain::{
    Agreement, AgreementKind, Claim, ClaimState, Partnership, PartnershipKind, PartnershipStage, Record,
};
use uuid::Uuid;

use crate::annual::Writing;
use crate::document::{RecordMention, ReportItem};
use crate::draft::item;
use crate::facts::named;
use crate::language::{args, lower_first};

/// Whether a tie lives: it has been made and has not ended.
pub(crate) fn lives(tie: &Partnership) -> bool {
    use PartnershipStage::{Abandoned, Declined, Ended, Expired};
    !matches!(tie.stage, Abandoned | Declined | Ended | Expired)
}

/// Whether it is with a place, and with one alone.
pub(crate) fn is_of_two_places(tie: &Partnership) -> bool {
    tie.partner().is_some_and(|partner| partner.place.is_some())
}

impl<'f> Writing<'f> {
    /// The partner's name alone.
    pub(crate) fn partner_name(&self, tie: &Partnership) -> String {
        match self.directory.partner(tie).and_then(|id| self.directory.name(id, &self.words)) {
            Some(named) => named.nominative,
            None => tie.name.as_ref().map_or_else(String::new, |name| self.words.text(name).to_owned()),
        }
    }

    /// The partner with its country, which stands first among the details.
    fn partner_told(&self, tie: &Partnership, mut details: Vec<String>) -> String {
        let country = self.directory.partner(tie).and_then(|id| self.directory.country_name(id, &self.words));
        details.splice(0..0, country);
        self.words.details(&self.partner_name(tie), &details)
    }

    /// The treaties a tie rests on.
    pub(crate) fn treaties(&self, tie: Uuid) -> Vec<&'f Record<Agreement>> {
        let founding = [AgreementKind::TwinningAgreement, AgreementKind::FriendshipAgreement];
        let papers = self.facts.agreements.iter();
        papers.filter(|paper| paper.body.partnership == Some(tie) && founding.contains(&paper.body.kind)).collect()
    }

    /// A tie as a point of a list: partner, country, since when, by which treaty, what is disputed.
    pub(crate) fn tie(&self, tie: &Record<Partnership>) -> ReportItem {
        let words = &self.words;
        let mut records = vec![named(tie)];
        let mut details = Vec::new();
        let home = self.facts.municipality.body.home_place;
        let partner = self.directory.partner(&tie.body).and_then(|id| self.directory.place(id));
        if let (Some(home), Some(partner)) = (home, partner)
            && partner.body.borders.iter().any(|border| border.0 == home)
        {
            details.push(words.say("borders-home", args().named("home", &self.directory.home_name(words))));
        }
        if tie.body.traditional {
            details.push(words.plain("traditional"));
        }
        details.extend(self.since(tie));
        for treaty in self.treaties(tie.head.id) {
            if let Some(signed) = &treaty.body.signed_on {
                let kind = words.within("agreement_kind", &treaty.body.kind);
                let when = words.date_of(signed);
                details.push(words.say("treaty", args().with("kind", kind).with("when", when)));
                records.push(named(treaty));
            }
        }
        item(self.partner_told(&tie.body, details), records)
    }

    /// Since when there is a tie, as well as it is known.
    pub(crate) fn since(&self, tie: &Record<Partnership>) -> Option<String> {
        let words = &self.words;
        if let Some(established) = &tie.body.established {
            if let Some(years) = self.lasting(established) {
                return Some(words.say("lasting", args().with("years", years)));
            }
            return Some(words.say("established", args().with("when", words.when(established))));
        }
        let disputed: Vec<String> =
            tie.head.claims.iter().filter(|claim| is_open(claim)).map(|claim| self.claimed(claim)).collect();
        if disputed.is_empty() {
            return None;
        }
        Some(words.say("established-disputed", args().with("dates", words.list(&disputed))))
    }

    fn claimed(&self, claim: &Claim) -> String {
        PartialDate::parse(&claim.value).map_or_else(|_| claim.value.clone(), |date| self.words.date(&date))
    }

    /// "More than ten years", where only the latest possible beginning is known.
    pub(crate) fn lasting(&self, established: &PartialDate) -> Option<String> {
        let latest = established.latest().filter(|_| established.earliest().is_none())?;
        let years = i64::from(self.as_of.year()) - i64::from(latest.year());
        (years > 0).then(|| self.words.say("more-than-years", args().with("years", years)))
    }

    /// A tie that is sought: partner, country, what exists, how far it has come.
    pub(crate) fn sought(&self, tie: &Record<Partnership>) -> ReportItem {
        let words = &self.words;
        let mut details = vec![words.within("partnership_stage", &tie.body.stage)];
        if tie.body.kind != PartnershipKind::None {
            details.push(words.within("partnership_kind", &tie.body.kind));
        }
        if let Some(channel) = &tie.body.channel {
            details.push(words.within("partnership_channel", channel));
        }
        item(self.partner_told(&tie.body, details), vec![named(tie)])
    }

    /// A tie of several cities: its name or its members, and what it is for.
    pub(crate) fn group(&self, tie: &Record<Partnership>) -> ReportItem {
        let words = &self.words;
        let parties = tie.body.parties.iter().filter_map(pobratim_domain::PartnershipParty::target);
        let members = self.directory.names(parties, words);
        let name = match &tie.body.name {
            Some(name) => words.text(name).to_owned(),
            None => members.join(" – "),
        };
        let mut details = Vec::new();
        details.extend(tie.body.purpose.as_ref().map(|purpose| lower_first(words.text(purpose))));
        details.extend(self.since(tie));
        item(words.details(&name, &details), vec![named(tie)])
    }

    /// A count that is known exactly.
    pub(crate) fn exactly(&self, of: &str, count: usize) -> String {
        let value = i64::try_from(count).unwrap_or(Quantity::MAX);
        self.words.count(of, &Quantity { value, qualifier: Qualifier::Exact })
    }
}

/// Names of ties, with the records.
pub(crate) fn records_of(ties: &[&Record<Partnership>]) -> Vec<RecordMention> {
    ties.iter().map(|tie| named(*tie)).collect()
}

/// What a source says and the office has not turned down.
fn is_open(claim: &Claim) -> bool {
    claim.field == "established" && claim.state != ClaimState::Rejected
}
