//! How statistics look as a table: which columns each kind has, and where their values stand.

use pobratim_domain::{
    AgreementStatistics, AgreementStatisticsRow, EventStatistics, EventStatisticsRow, ExchangeStatistics,
    ExchangeStatisticsRow, PartnershipStatistics, PartnershipStatisticsRow,
};
use serde::Serialize;

use crate::csv::Column;

/// Statistics as a table.
pub(crate) trait Table: Serialize {
    /// A row.
    type Row: Serialize;
    /// The columns, in their order.
    const COLUMNS: &'static [Column];

    /// The rows.
    fn rows(&self) -> &[Self::Row];
}

/// The columns of what was reported.
macro_rules! with_reported {
    ($($column:expr),+ $(,)?) => {
        &[
            $($column,)+
            ("reported", "/reported/*/value/value"),
            ("reported_qualifier", "/reported/*/value/qualifier"),
            ("reported_scope", "/reported/*/scope"),
            ("reported_in", "/reported/*/ref"),
            ("difference", "/reported/*/difference"),
            ("records", "/records"),
        ]
    };
}

impl Table for ExchangeStatistics {
    type Row = ExchangeStatisticsRow;
    const COLUMNS: &'static [Column] = with_reported![
        ("country", "/country"),
        ("territory", "/territory"),
        ("year", "/year"),
        ("direction", "/direction"),
        ("audience", "/audience"),
        ("counted_certain", "/counted/certain"),
        ("counted_possible", "/counted/possible"),
        ("people", "/people/value"),
        ("people_qualifier", "/people/qualifier"),
    ];

    fn rows(&self) -> &[Self::Row] {
        &self.rows
    }
}

impl Table for EventStatistics {
    type Row = EventStatisticsRow;
    const COLUMNS: &'static [Column] = with_reported![
        ("year", "/year"),
        ("kind", "/kind"),
        ("status", "/status"),
        ("country", "/country"),
        ("direction", "/direction"),
        ("field", "/field"),
        ("counted_certain", "/counted/certain"),
        ("counted_possible", "/counted/possible"),
    ];

    fn rows(&self) -> &[Self::Row] {
        &self.rows
    }
}

impl Table for AgreementStatistics {
    type Row = AgreementStatisticsRow;
    const COLUMNS: &'static [Column] = with_reported![
        ("year", "/year"),
        ("kind", "/kind"),
        ("concluded_certain", "/concluded/certain"),
        ("concluded_possible", "/concluded/possible"),
        ("entered_into_force_certain", "/entered_into_force/certain"),
        ("entered_into_force_possible", "/entered_into_force/possible"),
        ("lapsed_certain", "/lapsed/certain"),
        ("lapsed_possible", "/lapsed/possible"),
        ("in_force_certain", "/in_force/certain"),
        ("in_force_possible", "/in_force/possible"),
    ];

    fn rows(&self) -> &[Self::Row] {
        &self.rows
    }
}

impl Table for PartnershipStatistics {
    type Row = PartnershipStatisticsRow;
    const COLUMNS: &'static [Column] = &[
        ("country", "/country"),
        ("kind", "/kind"),
        ("stage", "/stage"),
        ("year", "/year"),
        ("arrangement", "/arrangement"),
        ("traditional", "/traditional"),
        ("counted_certain", "/counted/certain"),
        ("counted_possible", "/counted/possible"),
        ("records", "/records"),
    ];

    fn rows(&self) -> &[Self::Row] {
        &self.rows
    }
}
