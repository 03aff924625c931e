//! Values of the custom fields of a client, service, addon or ticket.

use std::collections::BTreeMap;

use super::Refusal;
use crate::database::writer::Writer;
use crate::store;
use crate::store::clients::custom_fields::Field;

/// Values by the ids of their fields. An empty value clears its field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomFieldValues(pub BTreeMap<i64, String>);

impl CustomFieldValues {
    /// Rejects the values for a new row if a required field would be empty.
    pub fn check_new(&self, fields: &[Field]) -> Result<(), Refusal> {
        let is_filled = |field: &Field| self.0.get(&field.id).is_some_and(|value| !value.is_empty());
        reject(fields.iter().find(|field| field.is_required && !is_filled(field)))
    }

    /// Rejects the values for an existing row if a required field would be cleared.
    pub fn check_update(&self, fields: &[Field]) -> Result<(), Refusal> {
        let is_emptied = |field: &Field| self.0.get(&field.id).is_some_and(String::is_empty);
        reject(fields.iter().find(|field| field.is_required && is_emptied(field)))
    }

    /// Stores the values of these fields for one row. Values of other fields are ignored.
    pub async fn write(&self, tx: &mut Writer<'_>, fields: &[Field], row: i64) -> sqlx::Result<()> {
        for field in fields {
            if let Some(value) = self.0.get(&field.id) {
                store::clients::custom_fields::set(tx, field.id, row, value).await?;
            }
        }
        Ok(())
    }
}

fn reject(field: Option<&Field>) -> Result<(), Refusal> {
    match field {
        Some(field) => Err(Refusal::CustomFieldRequired { name: field.name.clone() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn required_fields_must_be_filled() {
        let field = |id, is_required| Field { id, name: id.to_string(), is_required };
        let fields = [field(1, false), field(2, true), field(3, true)];
        let values = [(1, ""), (2, "x"), (3, "")].map(|(id, value)| (id, value.to_owned()));
        let values = CustomFieldValues(values.into_iter().collect());
        let rejected = Err(Refusal::CustomFieldRequired { name: "3".to_owned() });
        assert_eq!(values.check_new(&fields), rejected);
        assert_eq!(values.check_update(&fields), rejected);
        assert_eq!(CustomFieldValues::default().check_update(&fields), Ok(()));
        assert_eq!(values.check_new(&fields[..2]), Ok(()));
    }
}
