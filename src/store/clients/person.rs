//! The fields that clients and contacts have in common.

use sqlx::mysql::{MySql, MySqlArguments};
use sqlx::query::Query;

use crate::database::values::from_row;

/// Name and address of a person. `None` leaves the field empty in a new row, and unchanged in an existing one.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postcode: Option<String>,
    /// ISO code of two capital letters.
    pub country: Option<String>,
    pub phone: Option<String>,
    pub tax_id: Option<String>,
}

from_row!(Person {
    first_name,
    last_name,
    company,
    email,
    address1,
    address2,
    city,
    state,
    postcode,
    country,
    phone,
    tax_id
});

impl Person {
    /// Binds the fields to a statement, in the order of their declaration.
    pub(in crate::store) fn bind<'q>(
        &'q self,
        query: Query<'q, MySql, MySqlArguments>,
    ) -> Query<'q, MySql, MySqlArguments> {
        query
            .bind(self.first_name.as_deref())
            .bind(self.last_name.as_deref())
            .bind(self.company.as_deref())
            .bind(self.email.as_deref())
            .bind(self.address1.as_deref())
            .bind(self.address2.as_deref())
            .bind(self.city.as_deref())
            .bind(self.state.as_deref())
            .bind(self.postcode.as_deref())
            .bind(self.country.as_deref())
            .bind(self.phone.as_deref())
            .bind(self.tax_id.as_deref())
    }
}
