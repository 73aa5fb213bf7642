//! Codelists: the field's vocabularies with labels in five languages. Open lists (fields of
//! cooperation, goods, roles) are data that grows; closed ones put labels to the enumerations of
//! the domain, for front ends and reports. All of them stand in `data/codelists.json`, which is
//! part of the program and read once.

use std::{borrow::Cow, fmt, sync::LazyLock};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, SchemaType, Type},
    },
};

use crate::value::{LocalizedText, Malformed};

/// Characters that a code may have.
pub const MAX_CODE: usize = 64;

/// The form of every code, for the schemas.
const CODE_PATTERN: &str = "^[a-z][a-z0-9_]*$";

/// A vocabulary: codes that stand in records, with labels for people. An open list grows in any
/// release, so a client must accept a code it does not know, and may show the code itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(examples(json!({
    "name": "fields",
    "closed": false,
    "title": {"en": "Fields of cooperation", "ru": "Направления сотрудничества", "zh": "合作领域", "ja": "協力分野", "ko": "협력 분야"},
    "description": {
        "en": "What a tie, an agreement, an exchange or an event is about.",
        "ru": "О чём связь, соглашение, обмен или мероприятие."
    },
    "codes": [{"code": "culture", "labels": {"en": "Culture", "ru": "Культура", "zh": "文化", "ja": "文化", "ko": "문화"}}]
})))]
pub struct Codelist {
    /// The list's name, stable for ever.
    #[schema(max_length = 64, pattern = "^[a-z][a-z0-9_]*$", examples("fields", "partnership_stage"))]
    pub name: String,
    /// Whether the codes are those of an enumeration of this contract. An open list (`false`)
    /// grows without a new contract; a closed one grows only together with its enumeration.
    pub closed: bool,
    /// What the list is called, in Russian, English, Chinese, Japanese and Korean.
    pub title: LocalizedText,
    /// What the list is for, in English and Russian.
    pub description: LocalizedText,
    /// The codes, in the order in which to offer them. More may come; none is taken away.
    pub codes: Vec<CodelistCode>,
}

/// A code of a codelist with its labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(examples(json!({
    "code": "culture",
    "labels": {"en": "Culture", "ru": "Культура", "zh": "文化", "ja": "文化", "ko": "문화"}
})))]
pub struct CodelistCode {
    /// What stands in records; its meaning never changes.
    #[schema(max_length = 64, pattern = "^[a-z][a-z0-9_]*$", examples("culture"))]
    pub code: String,
    /// What people read, in Russian, English, Chinese, Japanese and Korean.
    pub labels: LocalizedText,
}

#[derive(Deserialize)]
struct File {
    lists: Vec<Codelist>,
}

static FILE: &str = include_str!("../data/codelists.json");

// The file is part of the program, and a test proves that it is read; without it no code is known.
static LISTS: LazyLock<Vec<Codelist>> =
    LazyLock::new(|| serde_json::from_str::<File>(FILE).map(|file| file.lists).unwrap_or_default());

/// All codelists.
pub fn all() -> &'static [Codelist] {
    &LISTS
}

/// The codelist of this name.
pub fn list(name: &str) -> Option<&'static Codelist> {
    all().iter().find(|list| list.name == name)
}

/// The label of a code for a reader of this language, else in English; none for an unknown code.
pub fn label(list: &str, code: &str, lang: &str) -> Option<&'static str> {
    find(list, code).map(|code| code.labels.best(&[lang]).1)
}

/// Whether the list has this code.
pub fn is_known(list: &str, code: &str) -> bool {
    find(list, code).is_some()
}

fn find(name: &str, code: &str) -> Option<&'static CodelistCode> {
    list(name)?.codes.iter().find(|known| known.code == code)
}

fn parse(list: &str, text: &str) -> Result<&'static str, Malformed> {
    match find(list, text) {
        Some(known) => Ok(&known.code),
        // What is too long is not worth repeating to its sender.
        None if text.len() > MAX_CODE => Err(Malformed(format!("A code has at most {MAX_CODE} characters."))),
        None => {
            Err(Malformed(format!("{text:?} is not a code of the codelist {list}; GET /v1/codelists lists its codes.")))
        }
    }
}

fn code_schema(meaning: &str, list: &str, examples: &[&str]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .description(Some(format!(
            "{}\n\nA code of the codelist `{list}`, which `GET /v1/codelists` has with labels. The list grows: accept a code \
             you do not know.",
            meaning.trim()
        )))
        .max_length(Some(MAX_CODE))
        .pattern(Some(CODE_PATTERN))
        .examples(examples.iter().copied())
        .into()
}

// A macro, since the contract takes no generics: each list is a type and a schema of its own name.
macro_rules! open_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident($list:literal): $($example:literal),+;)+) => {
        $(
            $(#[doc = $meaning])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
            #[serde(transparent)]
            pub struct $name(&'static str);

            impl $name {
                /// The codelist whose codes these are.
                pub const LIST: &str = $list;

                /// Reads a code that the list has.
                pub fn parse(text: &str) -> Result<Self, Malformed> {
                    parse(Self::LIST, text).map(Self)
                }

                /// The code.
                pub fn as_str(self) -> &'static str {
                    self.0
                }

                /// The label for a reader of this language, else in English.
                pub fn label(self, lang: &str) -> &'static str {
                    label(Self::LIST, self.0, lang).unwrap_or(self.0)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(self.0)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
                }
            }

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    code_schema(concat!($($meaning),+), Self::LIST, &[$($example),+])
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )+

        /// The schemas of open codes with the codelist of each, so that who checks a document
        /// against the contract can check the codes in it too.
        pub const CODE_TYPES: &[(&str, &str)] = &[$((stringify!($name), $list)),+];
    };
}

open_codes! {
    /// A field of cooperation.
    FieldCode("fields"): "culture", "education", "sport";
    /// A means by which the department pursues its work plan.
    InstrumentCode("instruments"): "delegation_exchanges", "joint_projects";
    /// A kind of goods bought or sold under contracts.
    GoodsCode("goods"): "buses", "water_treatment_coagulants";
    /// A service to an investor, an enterprise or another partner.
    ServiceCode("services"): "partner_search", "investment_presentations";
    /// As what somebody takes part in an event.
    ParticipationRole("participation_roles"): "participant", "exhibitor";
    /// A group of people taking part in an event.
    ParticipationCategory("participation_categories"): "entrepreneurs", "childrens_groups";
    /// What came out of an event.
    OutcomeKind("outcome_kinds"): "communique", "evaluation";
    /// By what means an organization is reached.
    ContactKind("contact_kinds"): "phone", "email";
    /// In whose register a record has an identifier of its own.
    ExternalIdScheme("external_id_schemes"): "geonames", "wikidata";
    /// What sets an organization apart.
    Distinction("distinctions"): "second_in_country", "international";
    /// A domain that the yearly report has to cover.
    ReportDomain("report_domains"): "international_relations", "tourism";
    /// A register of papers.
    RegisterCode("document_registers"): "minjust", "municipal";
    /// What a reported figure counts.
    IndicatorCode("indicators"): "delegations", "tourists";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::{ClaimState, PlaceKind, PlaceNameKind, Role, Visibility, value::Qualifier};

    const LANGUAGES: [&str; 5] = ["en", "ja", "ko", "ru", "zh"];

    /// The form that CODE_PATTERN tells.
    fn is_code(text: &str) -> bool {
        text.len() <= MAX_CODE
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    }

    fn languages(text: &LocalizedText) -> Vec<&str> {
        text.iter().map(|(lang, _)| lang.as_str()).collect()
    }

    #[test]
    fn the_file_is_read_as_it_stands() {
        let lists = serde_json::from_str::<File>(FILE).unwrap().lists;
        assert_eq!(all(), lists);
        let written: serde_json::Value = serde_json::from_str(FILE).unwrap();
        assert_eq!(json!({"lists": all()}), written, "nothing in the file is ignored or normalised");
    }

    #[test]
    fn every_list_is_complete() {
        let mut names = BTreeSet::new();
        for list in all() {
            assert!(is_code(&list.name) && names.insert(&list.name), "{}", list.name);
            assert_eq!(languages(&list.title), LANGUAGES, "{}", list.name);
            assert_eq!(languages(&list.description), ["en", "ru"], "{}", list.name);
            assert!(list.codes.len() >= 2, "{}", list.name);
            let mut codes = BTreeSet::new();
            let mut labels = BTreeSet::new();
            for CodelistCode { code, labels: texts } in &list.codes {
                assert!(is_code(code) && codes.insert(code), "{} in {}", code, list.name);
                assert_eq!(languages(texts), LANGUAGES, "{} in {}", code, list.name);
                for (lang, text) in texts.iter() {
                    assert_eq!(text, text.trim());
                    assert!(labels.insert((lang, text)), "{text} names two codes of {}", list.name);
                }
            }
        }
    }

    /// The values of an enumeration, as the contract has them.
    fn values<T: PartialSchema>() -> serde_json::Value {
        serde_json::to_value(T::schema()).unwrap()["enum"].take()
    }

    #[test]
    fn closed_lists_are_the_enumerations_of_the_domain() {
        let closed: BTreeSet<_> = all().iter().filter(|list| list.closed).map(|list| list.name.as_str()).collect();
        let open: BTreeSet<_> = all().iter().filter(|list| !list.closed).map(|list| list.name.as_str()).collect();
        assert_eq!(closed.len(), 50);
        assert_eq!(open, CODE_TYPES.iter().map(|(_, list)| *list).collect());
        let codes = |name: &str| list(name).unwrap().codes.iter().map(|code| code.code.as_str()).collect::<Vec<_>>();
        assert_eq!(values::<Qualifier>(), json!(codes("quantity_qualifier")));
        assert_eq!(values::<Visibility>(), json!(codes("visibility")));
        assert_eq!(values::<ClaimState>(), json!(codes("claim_state")));
        assert_eq!(values::<Role>(), json!(codes("role")));
        assert_eq!(values::<PlaceKind>(), json!(codes("place_kind")));
        assert_eq!(values::<PlaceNameKind>(), json!(codes("place_name_kind")));
    }

    #[test]
    fn the_founding_report_can_be_said_in_codes() {
        let begins = |name: &str, wanted: &str| {
            let labels: Vec<_> = list(name).unwrap().codes.iter().map(|code| code.labels.get("ru").unwrap()).collect();
            assert!(labels.join("; ").starts_with(wanted), "{name}");
        };
        begins("goods", "Автобусы; Троллейбусы; Дорожная техника; Коагулянты для очистки воды; Удобрения; Саженцы;");
        begins(
            "participation_categories",
            "Предприниматели; Медики; Педагоги; Работники культуры; Спортивные коллективы;",
        );
        begins("instruments", "Укрепление традиционных побратимских связей; Тесное сотрудничество муниципалитетов");
        begins("report_domains", "Международные отношения; Туризм; Внешнеэкономическая деятельность");
        assert!(is_known("goods", "festive_decoration") && is_known("distinctions", "second_in_country"));
        assert!(
            is_known("instruments", "delegation_exchanges") && is_known("participation_categories", "childrens_groups")
        );
    }

    #[test]
    fn labels_fall_back_to_english() {
        assert_eq!(label("fields", "culture", "ru"), Some("Культура"));
        assert_eq!(label("fields", "culture", "zh-Hant"), Some("文化"));
        assert_eq!(label("fields", "culture", "fr"), Some("Culture"));
        assert_eq!(label("fields", "alchemy", "en"), None);
        assert_eq!(label("alchemy", "culture", "en"), None);
        assert_eq!(GoodsCode::parse("saplings").unwrap().label("ru"), "Саженцы");
    }

    #[test]
    fn only_codes_of_the_list_are_read() {
        let culture: FieldCode = serde_json::from_value(json!("culture")).unwrap();
        assert_eq!((culture.as_str(), culture.to_string()), ("culture", "culture".to_owned()));
        assert_eq!(serde_json::to_value(culture).unwrap(), json!("culture"));
        assert_eq!(
            FieldCode::parse("buses").unwrap_err().to_string(),
            "\"buses\" is not a code of the codelist fields; GET /v1/codelists lists its codes."
        );
        for wrong in ["", "Culture", "culture ", "культура"] {
            assert!(FieldCode::parse(wrong).is_err(), "{wrong}");
        }
        assert!(!FieldCode::parse(&"x".repeat(10_000)).unwrap_err().to_string().contains("xx"));
        assert!(serde_json::from_value::<GoodsCode>(json!("culture")).is_err());
        assert!(serde_json::from_value::<GoodsCode>(json!(1)).is_err());
    }

    #[test]
    fn schemas_name_their_list_and_their_examples_are_in_it() {
        fn check<T: ToSchema>(checked: &mut Vec<String>) {
            let name = T::name();
            let (_, list) = CODE_TYPES.iter().find(|(schema, _)| *schema == name).unwrap();
            let schema = serde_json::to_value(T::schema()).unwrap();
            assert_eq!((&schema["type"], &schema["pattern"]), (&json!("string"), &json!(CODE_PATTERN)));
            assert_eq!(schema["maxLength"], MAX_CODE);
            let description = schema["description"].as_str().unwrap();
            assert!(!description.starts_with(' ') && description.contains(&format!("`{list}`")), "{description}");
            assert!(
                schema["examples"].as_array().unwrap().iter().all(|code| is_known(list, code.as_str().unwrap())),
                "{name}"
            );
            checked.push(name.into_owned());
        }
        let mut checked = Vec::new();
        check::<FieldCode>(&mut checked);
        check::<InstrumentCode>(&mut checked);
        check::<GoodsCode>(&mut checked);
        check::<ServiceCode>(&mut checked);
        check::<ParticipationRole>(&mut checked);
        check::<ParticipationCategory>(&mut checked);
        check::<OutcomeKind>(&mut checked);
        check::<ContactKind>(&mut checked);
        check::<ExternalIdScheme>(&mut checked);
        check::<Distinction>(&mut checked);
        check::<ReportDomain>(&mut checked);
        check::<RegisterCode>(&mut checked);
        check::<IndicatorCode>(&mut checked);
        assert_eq!(checked, CODE_TYPES.iter().map(|(schema, _)| *schema).collect::<Vec<_>>());
    }

    #[test]
    fn the_example_of_a_list_is_a_piece_of_it() {
        let schema = serde_json::to_value(Codelist::schema()).unwrap();
        let example: Codelist = serde_json::from_value(schema["examples"][0].clone()).unwrap();
        let fields = list("fields").unwrap();
        assert_eq!(example, Codelist { codes: vec![fields.codes[0].clone()], ..fields.clone() });
        assert_eq!(schema["properties"]["name"]["maxLength"], MAX_CODE);
        assert_eq!(schema["properties"]["name"]["pattern"], CODE_PATTERN);
        let code = serde_json::to_value(CodelistCode::schema()).unwrap();
        assert_eq!(
            (&code["properties"]["code"]["maxLength"], &code["properties"]["code"]["pattern"]),
            (&json!(MAX_CODE), &json!(CODE_PATTERN))
        );
        assert_eq!(code["examples"][0], json!(fields.codes[0]));
    }
}
