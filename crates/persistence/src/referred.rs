//! What a record refers to, and what refers to it, as it is looked at before the record is written.

use std::collections::{BTreeMap, HashSet};

use pobratim_domain::{CollectionName, Faults, Reference, References};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Query, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::error::Error;
use crate::findable::{Findable, link};
use crate::merge;
use crate::stored::table_name;
use crate::tx::Tx;
use crate::view::View;

impl Tx {
    /// What is newly referred to and is not there, or not seen by the writer.
    pub(crate) async fn missing_references(
        &self,
        view: &View,
        references: &References,
        known: &Findable,
    ) -> Result<Faults, Error> {
        let met = self.met(view, references.iter()).await?;
        let is_known = |reference: &Reference| {
            let record = (reference.collection, reference.target);
            met.contains(&record)
                || self.is_announced(reference.target)
                || known.references.iter().any(|known| (known.collection, known.target) == record)
        };
        let mut wanted: BTreeMap<CollectionName, Vec<Uuid>> = BTreeMap::new();
        for reference in references.iter().filter(|reference| !is_known(reference)) {
            wanted.entry(reference.collection).or_default().push(reference.target);
        }
        // One statement for all collections: a creation waits for the database as few times as can be.
        let mut looks = wanted.iter().map(|(collection, ids)| {
            Query::select()
                .expr_as(Expr::cust(format!("'{collection}'")), Alias::new("collection"))
                .column(Alias::new("id"))
                .from(table_name(*collection))
                .and_where(Expr::col(Alias::new("id")).is_in(ids.iter().copied()))
                .and_where(Expr::col(Alias::new("deleted_at")).is_null())
                .cond_where(view.condition(*collection))
                .to_owned()
        });
        let mut found = HashSet::new();
        if let Some(mut statement) = looks.next() {
            statement.unions(looks.map(|look| (UnionType::All, look)));
            for row in self.query_all(&statement).await? {
                found.insert((row.try_get::<String>("", "collection")?, row.try_get::<Uuid>("", "id")?));
            }
        }
        let mut faults = Faults::default();
        let unknown = references.iter().filter(|reference| !is_known(reference));
        let is_found =
            |reference: &Reference| found.contains(&(reference.collection.as_str().to_owned(), reference.target));
        for reference in unknown {
            if is_found(reference) {
                self.find(view, reference);
                continue;
            }
            let (collection, target) = (reference.collection, reference.target);
            let detail = match merge::merged_into(self, view, collection, target).await? {
                Some(kept) => format!("{target} was merged into {} ({}): refer to that.", kept.id, kept.reference),
                None => format!("There is no {} {target}.", collection.singular().replace('_', " ")),
            };
            faults.add(&reference.pointer, "unknown_reference", detail);
        }
        Ok(faults)
    }

    /// How many living records of each collection refer to a record; itself does not count.
    pub(crate) async fn dependents(&self, id: Uuid) -> Result<Vec<(String, i64)>, Error> {
        let rows: Vec<(String, i64)> = link::Entity::find()
            .select_only()
            .column(link::Column::Collection)
            .expr(Func::count_distinct(Expr::col(link::Column::RecordId)))
            .filter(link::Column::Target.eq(id))
            .filter(link::Column::RecordId.ne(id))
            .group_by(link::Column::Collection)
            .into_tuple()
            .all(self)
            .await?;
        Ok(rows.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect())
    }
}
