//! Words for what kind of tie it is and whether it lives, in five languages.

use pobratim_domain::PartnershipKind;
use pobratim_domain::value::fold;

/// Whether a tie lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It lives.
    Active,
    /// It rests.
    Suspended,
    /// Its term ran out.
    Expired,
    /// It was ended.
    Ended,
}

const KINDS: &[(PartnershipKind, &[&str])] = &[
    (PartnershipKind::Friendship, &["дружествен", "дружеств", "friendship", "friendly exchange", "友好交流", "우호"]),
    (
        PartnershipKind::Twin,
        &["побратим", "twin", "sister", "友好城市", "友城", "姐妹", "姉妹", "友好都市", "자매", "partner city"],
    ),
    (
        PartnershipKind::Cooperation,
        &["сотруднич", "партнер", "cooperation", "partnership", "合作", "協力", "提携", "협력"],
    ),
    (PartnershipKind::Contact, &["контакт", "contact", "联系", "接触", "交流", "교류"]),
];

const TIES: &[(Tie, &[&str])] = &[
    (Tie::Suspended, &["приостан", "suspended", "dormant", "暂停", "中断", "休止", "중단"]),
    (Tie::Expired, &["истек", "истёк", "expired", "到期", "失効", "만료"]),
    (
        Tie::Ended,
        &[
            "прекращ",
            "расторг",
            "не действ",
            "недейств",
            "ended",
            "terminated",
            "inactive",
            "former",
            "终止",
            "结束",
            "終了",
            "解消",
            "종료",
            "해지",
        ],
    ),
    (
        Tie::Active,
        &[
            "действ",
            "активн",
            "active",
            "valid",
            "in force",
            "current",
            "有效",
            "正常",
            "继续",
            "有効",
            "継続",
            "유효",
            "활동",
            "да",
            "yes",
        ],
    ),
];

/// The kind of tie that a text tells, by a code or by a word; none when it tells none.
pub fn kind(text: &str) -> Option<PartnershipKind> {
    said(text, KINDS)
}

/// Whether a tie lives, as a text tells.
pub fn tie(text: &str) -> Option<Tie> {
    said(text, TIES)
}

fn said<T: Copy>(text: &str, known: &[(T, &[&str])]) -> Option<T> {
    let text = fold(text);
    let says = |words: &[&str]| words.iter().any(|word| text.contains(&fold(word)));
    known.iter().find(|(_, words)| says(words)).map(|(meaning, _)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_in_five_languages() {
        for (text, wanted) in [
            ("Побратимские связи", PartnershipKind::Twin),
            ("twin", PartnershipKind::Twin),
            ("Sister city", PartnershipKind::Twin),
            ("友好城市", PartnershipKind::Twin),
            ("姉妹都市", PartnershipKind::Twin),
            ("자매결연", PartnershipKind::Twin),
            ("дружественные связи", PartnershipKind::Friendship),
            ("友好交流城市", PartnershipKind::Friendship),
            ("우호교류", PartnershipKind::Friendship),
            ("Соглашение о сотрудничестве", PartnershipKind::Cooperation),
            ("контакты", PartnershipKind::Contact),
        ] {
            assert_eq!(kind(text), Some(wanted), "{text}");
        }
        assert_eq!(kind("42"), None);
    }

    #[test]
    fn whether_it_lives_in_five_languages() {
        for (text, wanted) in [
            ("действует", Tie::Active),
            ("не действует", Tie::Ended),
            ("inactive", Tie::Ended),
            ("Active", Tie::Active),
            ("приостановлено", Tie::Suspended),
            ("срок истёк", Tie::Expired),
            ("终止", Tie::Ended),
            ("休止中", Tie::Suspended),
            ("유효", Tie::Active),
        ] {
            assert_eq!(tie(text), Some(wanted), "{text}");
        }
        assert_eq!(tie("?"), None);
    }
}
