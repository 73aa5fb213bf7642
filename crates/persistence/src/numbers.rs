//! The numbers for people, such as `PAR-0007`, counted for each collection of a municipality.

use pobratim_domain::CollectionName;
use sea_orm::EntityTrait;

use crate::error::Error;
use crate::tx::Tx;

mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "counters")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub collection: String,
        pub last: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Tx {
    /// The next number for people, such as `PAR-0007`.
    pub(crate) async fn next_reference(&self, collection: CollectionName, keeper: &str) -> Result<String, Error> {
        let key = (keeper.to_owned(), collection.as_str().to_owned());
        let number = self.last_number(&key).await? + 1;
        self.set_number(key, number);
        Ok(format!("{}-{number:04}", collection.prefix()))
    }

    /// Keeps a number that a record brings along from being given out again.
    pub(crate) async fn reserve_reference(
        &self,
        collection: CollectionName,
        keeper: &str,
        reference: &str,
    ) -> Result<(), Error> {
        let number = reference
            .strip_prefix(collection.prefix())
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|digits| digits.parse::<i64>().ok());
        let key = (keeper.to_owned(), collection.as_str().to_owned());
        if let Some(number) = number
            && number > self.last_number(&key).await?
        {
            self.set_number(key, number);
        }
        Ok(())
    }

    async fn last_number(&self, key: &(String, String)) -> Result<i64, Error> {
        if let Some(number) = self.number(key).await? {
            return Ok(number);
        }
        let row = counter::Entity::find_by_id(key.clone()).one(&self.beneath()).await?;
        Ok(row.map_or(0, |row| row.last))
    }
}
