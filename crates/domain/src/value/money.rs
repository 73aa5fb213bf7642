//! An exact amount of money, and the currencies it may be in.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

use super::Malformed;

/// The code of a currency in use today by ISO 4217, three capital letters: `CNY`, `RUB`, `JPY`,
/// `KRW`. Codes of funds, metals, units of account and tests, and of currencies withdrawn, are not
/// accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, min_length = 3, max_length = 3, pattern = r"^[A-Z]{3}$", examples("CNY", "RUB", "JPY"))]
pub struct CurrencyCode(&'static str);

impl CurrencyCode {
    /// Every code accepted, in alphabetical order within the groups of two, none and three decimals.
    pub fn all() -> impl Iterator<Item = Self> {
        TWO_DECIMALS.iter().chain(NO_DECIMALS).chain(THREE_DECIMALS).map(|code| Self(code))
    }

    /// Reads a code of ISO 4217.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if let Some(code) = Self::all().find(|code| code.0 == text) {
            return Ok(code);
        }
        Err(Malformed(match Self::all().find(|code| code.0.eq_ignore_ascii_case(text)) {
            Some(code) => format!("{text:?} is not a currency code; it is written {code}."),
            None if text.len() > 16 => "A currency code has three capital letters, as in CNY.".to_owned(),
            None => format!("{text:?} is not a currency in use by ISO 4217; give three capital letters, as in CNY."),
        }))
    }

    /// The code, as in `CNY`.
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// The decimals an amount in this currency is written with: its minor unit in ISO 4217.
    pub fn decimals(&self) -> u32 {
        if NO_DECIMALS.contains(&self.0) {
            0
        } else if THREE_DECIMALS.contains(&self.0) {
            3
        } else {
            2
        }
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for CurrencyCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for CurrencyCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An exact amount of money from 0 in one currency. The amount is a decimal text, never a JSON
/// number, since clients read those as binary fractions; it comes back with as many decimals as
/// the currency has, so `"125000"` in `CNY` is answered as `"125000.00"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, try_from = "Written", into = "Written")]
#[schema(examples(json!({"amount": "125000.00", "currency": "CNY"}), json!({"amount": "98000", "currency": "JPY"})))]
pub struct Money {
    /// The amount, with a point before its decimals: at most 15 digits before the point, no leading
    /// zeros, and at most the decimals that the currency has (two for most, none for `JPY` and
    /// `KRW`, three for `KWD`).
    // Kept as a count of minor units (fen, kopecks): exact, and one integer column in the database.
    #[schema(value_type = String, min_length = 1, max_length = 19, pattern = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$")]
    amount: i64,
    /// The currency of the amount.
    currency: CurrencyCode,
}

impl Money {
    /// Digits before the point that an amount may have.
    pub const MAX_INTEGER_DIGITS: usize = 15;

    /// Bytes (and characters) of the longest amount: 15 digits, a point, three decimals.
    pub const MAX_LENGTH: usize = 19;

    /// Reads an amount and a currency code with a space between them, the form of `Display`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match text.split_once(' ') {
            Some((amount, currency)) => Self::new(amount, CurrencyCode::parse(currency)?),
            None => Err(Malformed("Money is an amount and a currency, as in 125000.00 CNY.".to_owned())),
        }
    }

    /// Reads a decimal amount in the currency.
    pub fn new(amount: &str, currency: CurrencyCode) -> Result<Self, Malformed> {
        if amount.len() > Self::MAX_LENGTH {
            return Err(too_great());
        }
        let (whole, fraction) = match amount.split_once('.') {
            None => (amount, ""),
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(not_an_amount(amount)),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || (whole.len() > 1 && whole.starts_with('0')) {
            return Err(not_an_amount(amount));
        }
        if whole.len() > Self::MAX_INTEGER_DIGITS {
            return Err(too_great());
        }
        let decimals = currency.decimals() as usize;
        if fraction.len() > decimals {
            return Err(Malformed(format!("{amount:?} has more decimals than {currency} has; it has {decimals}.")));
        }
        // 18 digits at most, which an i64 always holds.
        let minor = format!("{whole}{fraction:0<decimals$}").parse().map_err(|_| not_an_amount(amount))?;
        Ok(Self { amount: minor, currency })
    }

    /// The amount of so many minor units of the currency, as the database keeps it.
    pub fn from_minor(minor: i64, currency: CurrencyCode) -> Result<Self, Malformed> {
        if minor < 0 {
            return Err(Malformed("An amount of money is 0 or more.".to_owned()));
        }
        if minor / 10_i64.pow(currency.decimals()) >= 10_i64.pow(Self::MAX_INTEGER_DIGITS as u32) {
            return Err(too_great());
        }
        Ok(Self { amount: minor, currency })
    }

    /// The amount in minor units (fen, kopecks; whole yen and won, which have none).
    pub fn minor(&self) -> i64 {
        self.amount
    }

    /// The currency.
    pub fn currency(&self) -> CurrencyCode {
        self.currency
    }

    /// The amount as it is written, with all decimals of its currency: `125000.00`.
    pub fn amount(&self) -> String {
        let decimals = self.currency.decimals();
        let unit = 10_i64.pow(decimals);
        let whole = self.amount / unit;
        if decimals == 0 {
            return whole.to_string();
        }
        format!("{whole}.{:0width$}", self.amount % unit, width = decimals as usize)
    }
}

fn not_an_amount(amount: &str) -> Malformed {
    Malformed(format!(
        "{amount:?} is not an amount of money; write digits without leading zeros, and a point before decimals, as in 125000.00."
    ))
}

fn too_great() -> Malformed {
    Malformed(format!("An amount of money has at most {} digits before the point.", Money::MAX_INTEGER_DIGITS))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// Money as JSON has it, before it is looked at.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    amount: String,
    currency: CurrencyCode,
}

impl TryFrom<Written> for Money {
    type Error = Malformed;

    fn try_from(written: Written) -> Result<Self, Malformed> {
        Self::new(&written.amount, written.currency)
    }
}

impl From<Money> for Written {
    fn from(money: Money) -> Self {
        Self { amount: money.amount(), currency: money.currency }
    }
}

/// Active codes of ISO 4217 in January 2026 with two decimals. Left out on purpose: funds (BOV, CHE,
/// CHW, CLF, COU, MXV, USN, UYI, UYW), metals, units of account and tests (XAU, XDR, XAD, XTS and
/// the like), and the lev and the kuna, which gave way to the euro.
const TWO_DECIMALS: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND", "BOB", "BRL",
    "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP",
    "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL",
    "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR",
    "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN",
    "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
    "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG",
    "YER", "ZAR", "ZMW", "ZWG",
];

/// Active codes of ISO 4217 without minor unit.
const NO_DECIMALS: &[&str] =
    &["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];

/// Active codes of ISO 4217 with three decimals.
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use utoipa::PartialSchema;

    use super::*;

    fn code(text: &str) -> CurrencyCode {
        CurrencyCode::parse(text).unwrap()
    }

    fn read(json: serde_json::Value) -> Result<Money, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn the_currencies_are_sorted_and_named_once() {
        for group in [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS] {
            assert!(group.is_sorted_by(|a, b| a < b));
        }
        let all: std::collections::BTreeSet<_> = CurrencyCode::all().collect();
        assert_eq!((all.len(), CurrencyCode::all().count()), (155, 155));
        assert!(
            all.iter().all(|code| code.as_str().len() == 3 && code.as_str().bytes().all(|b| b.is_ascii_uppercase()))
        );
        for (text, decimals) in
            [("RUB", 2), ("CNY", 2), ("JPY", 0), ("KRW", 0), ("KPW", 2), ("USD", 2), ("EUR", 2), ("KWD", 3)]
        {
            assert_eq!(code(text).decimals(), decimals, "{text}");
        }
    }

    #[test]
    fn a_wrong_code_is_refused_with_the_right_spelling_where_there_is_one() {
        let refusal = |text| CurrencyCode::parse(text).unwrap_err().to_string();
        assert_eq!(refusal("cny"), "\"cny\" is not a currency code; it is written CNY.");
        assert!(refusal("DEM").contains("ISO 4217"));
        for text in ["", "RUR", "XAU", "CLF", "CN", "CNYY", "руб", "BGN"] {
            assert!(CurrencyCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_come_back_with_the_decimals_of_their_currency() {
        for (written, currency, canonical, minor) in [
            ("125000.00", "CNY", "125000.00", 12_500_000),
            ("125000", "CNY", "125000.00", 12_500_000),
            ("0.5", "RUB", "0.50", 50),
            ("0", "RUB", "0.00", 0),
            ("98000", "JPY", "98000", 98_000),
            ("1.005", "KWD", "1.005", 1005),
            ("999999999999999.999", "KWD", "999999999999999.999", 999_999_999_999_999_999),
        ] {
            let money = Money::new(written, code(currency)).unwrap();
            assert_eq!((money.amount().as_str(), money.minor()), (canonical, minor));
            assert_eq!(Money::parse(&money.to_string()).unwrap(), money);
            assert_eq!(serde_json::to_value(money).unwrap(), json!({"amount": canonical, "currency": currency}));
        }
    }

    #[test]
    fn nothing_else_is_an_amount() {
        let wrong = "|.|1.|.5|-1|+1|01|00|1,5|1 000|1e3|1.005|1.5.5|١|1000000000000000|NaN";
        for text in wrong.split('|') {
            assert!(Money::new(text, code("RUB")).is_err(), "{text}");
        }
        assert!(Money::new("1.0", code("JPY")).is_err());
        assert!(Money::from_minor(-1, code("RUB")).is_err());
        assert!(Money::from_minor(i64::MAX, code("RUB")).is_err());
        assert!(Money::from_minor(999_999_999_999_999, code("JPY")).is_ok());
        assert!(Money::from_minor(1_000_000_000_000_000, code("JPY")).is_err());
    }

    #[test]
    fn json_goes_through_the_same_gate() {
        assert_eq!(read(json!({"amount": "1", "currency": "KRW"})).unwrap().to_string(), "1 KRW");
        assert!(read(json!({"amount": 1, "currency": "KRW"})).is_err());
        assert!(read(json!({"amount": "1.5", "currency": "KRW"})).unwrap_err().to_string().contains("more decimals"));
        assert!(read(json!({"amount": "1", "currency": "KRW", "rate": "5"})).is_err());
        assert!(read(json!({"amount": "1"})).is_err());
    }

    #[test]
    fn the_schema_knows_the_forms() {
        let schema = serde_json::to_value(Money::schema()).unwrap();
        let amount = &schema["properties"]["amount"];
        assert_eq!((&amount["type"], &amount["maxLength"]), (&json!("string"), &json!(Money::MAX_LENGTH)));
        assert_eq!(schema["properties"]["currency"]["$ref"], "#/components/schemas/CurrencyCode");
        assert_eq!(schema["required"], json!(["amount", "currency"]));
        assert_eq!(schema["additionalProperties"], false);
        for example in schema["examples"].as_array().unwrap() {
            assert_eq!(serde_json::to_value(read(example.clone()).unwrap()).unwrap(), *example);
        }
        assert_eq!(serde_json::to_value(CurrencyCode::schema()).unwrap()["type"], "string");
    }

    proptest! {
        #[test]
        fn money_comes_back(minor in 0..1_000_000_000_000_000_i64, which in 0..155_usize) {
            let currency = CurrencyCode::all().nth(which).unwrap();
            let money = Money::from_minor(minor, currency).unwrap();
            prop_assert_eq!(Money::new(&money.amount(), currency).unwrap(), money);
            prop_assert_eq!(read(serde_json::to_value(money).unwrap()).unwrap(), money);
        }

        #[test]
        fn no_text_makes_it_panic(text in r"[0-9.]{0,20}|\PC{0,20}", which in 0..155_usize) {
            let currency = CurrencyCode::all().nth(which).unwrap();
            if let Ok(money) = Money::new(&text, currency) {
                prop_assert!(money.amount().starts_with(&text));
            }
        }
    }
}
