//! What callers send of a client: name, address, password.

use sqlx::MySqlConnection;

use crate::domain::clients::country::Country;
use crate::domain::clients::email::Email;
use crate::fossbilling::mapping::{languages, phone};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, said};
use crate::operations::clients::CustomFieldValues;
use crate::param;
use crate::store;
use crate::store::clients::person::Person;
use crate::store::fossbilling::clients;

/// Who reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Staff,
    /// A client, or a guest who signs up.
    Client,
}

/// Number of custom fields that a client has.
pub const FIELDS: usize = 20;

/// Reads the fields of a person. What is not sent stays as it is; an empty text empties a field.
pub fn read(sent: &Sent<'_>, stored: &Person) -> Result<Person, Failure> {
    let country = match sent.filled("country") {
        Some(code) => {
            let country = Country::parse(&code).ok_or_else(|| said(format!("Invalid country code: {code}")))?;
            Some(country.code.to_owned())
        }
        None => None,
    };
    Ok(Person {
        first_name: sent.filled("first_name"),
        last_name: sent.text("last_name"),
        company: sent.text("company"),
        email: email(sent)?,
        address1: sent.text("address_1"),
        address2: sent.text("address_2"),
        city: sent.text("city"),
        state: sent.text("state"),
        postcode: sent.text("postcode"),
        country,
        phone: phone::join(
            sent.filled_raw("phone_cc"),
            sent.filled_raw("phone"),
            stored.phone.as_deref().unwrap_or_default(),
        )?,
        tax_id: sent.text("company_vat"),
    })
}

/// Reads the e-mail address, in lower case, as it is stored.
fn email(sent: &Sent<'_>) -> Result<Option<String>, Failure> {
    match sent.filled_raw("email") {
        Some(text) => {
            let email = Email::parse(&text).ok_or_else(|| said("Email address is invalid"))?;
            Ok(Some(param::stored(&email.as_str().to_lowercase())))
        }
        None => Ok(None),
    }
}

/// Reads the language; empty for the operator's.
pub fn language(sent: &Sent<'_>) -> Result<Option<String>, Failure> {
    match sent.filled("lang") {
        Some(locale) => {
            let language = languages::language(&locale);
            Ok(Some(language.ok_or_else(|| said(format!("Invalid locale code: {locale}")))?.to_owned()))
        }
        None => Ok(None),
    }
}

/// Reads the id of the currency with the code that was sent.
pub async fn currency(db: &mut MySqlConnection, sent: &Sent<'_>) -> Result<Option<i64>, Failure> {
    let Some(code) = sent.filled("currency") else { return Ok(None) };
    let currencies = store::billing::currencies::list(db).await?;
    let found = currencies.into_iter().find(|currency| currency.code.eq_ignore_ascii_case(&code));
    Ok(Some(found.ok_or_else(|| said("Currency not found."))?.id.0))
}

/// Reads the custom fields, by their numbers. Clients neither write those for staff, nor leave out or empty a required one.
pub async fn custom_fields(
    db: &mut MySqlConnection,
    sent: &Sent<'_>,
    writer: Reader,
    is_new: bool,
) -> Result<CustomFieldValues, Failure> {
    let mut values = CustomFieldValues::default();
    for (number, field) in (1..=FIELDS).zip(clients::fields(db).await?) {
        if writer == Reader::Client && field.is_for_staff {
            continue;
        }
        let value = sent.text(&format!("custom_{number}"));
        let is_missing = value.as_ref().map_or(is_new, |value| value.trim().is_empty());
        if writer == Reader::Client && field.is_required && is_missing {
            let name = field.name.split('|').next().unwrap_or_default().trim();
            return Err(said(format!("{name} is required (custom_{number})")));
        }
        if let Some(value) = value {
            values.0.insert(field.id, value);
        }
    }
    Ok(values)
}

/// Rejects a password that breaks one of FOSSBilling's rules.
pub fn check_password(password: &str) -> Result<(), Failure> {
    let has = |is_it: fn(&char) -> bool| password.chars().any(|character| is_it(&character));
    let rules: [(bool, &str); 5] = [
        (password.chars().count() >= 8, "Minimum password length is 8 characters."),
        (password.chars().count() <= 256, "Maximum password length is 256 characters."),
        (has(char::is_ascii_digit), "Password must include at least one number."),
        (has(char::is_ascii_lowercase), "Password must include at least one lowercase letter."),
        (has(char::is_ascii_uppercase), "Password must include at least one uppercase letter."),
    ];
    let broken = rules.into_iter().find(|(is_kept, _)| !is_kept);
    broken.map_or(Ok(()), |(_, text)| Err(said(text)))
}

/// Rejects a new password that is not confirmed, or that breaks one of the rules.
pub fn check_new_password(password: &str, confirmation: Option<&str>) -> Result<(), Failure> {
    if confirmation != Some(password) {
        return Err(said("Passwords do not match."));
    }
    check_password(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_rules() {
        for (password, said) in [
            ("Testing123", ""),
            ("Test1", "Minimum password length is 8 characters."),
            ("Testingtest", "Password must include at least one number."),
            ("TESTING123", "Password must include at least one lowercase letter."),
            ("testing123", "Password must include at least one uppercase letter."),
        ] {
            let checked = check_password(password).map_or_else(|failure| failure.to_string(), |()| String::new());
            assert_eq!(checked, said, "{password}");
        }
    }
}
