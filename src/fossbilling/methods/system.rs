//! The module `system`.

use serde_json::json;

use crate::call::Call;
use crate::fossbilling::mapping::times;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::Reply;
use crate::store;

/// `guest/system/company`
pub async fn company(call: Call<'_>, _sent: &Sent<'_>) -> Reply {
    let company = store::system::configuration::company(call.db).await?;
    let seller = store::billing::invoice_documents::seller(call.db).await?;
    let address: Vec<&str> = seller.pay_to.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = |at: usize| times::text(address.get(at).copied().unwrap_or_default());
    Ok(json!({
        "www": company.system_url,
        "name": times::text(&company.name),
        "email": times::text(&company.email),
        "tel": null,
        "signature": times::text(&company.signature),
        "logo_url": null,
        "logo_url_dark": null,
        "favicon_url": null,
        "address_1": line(0),
        "address_2": line(1),
        "address_3": line(2),
        "account_number": null,
        "bank_name": null,
        "bic": null,
        "display_bank_info": null,
        "bank_info_pagebottom": null,
        "number": null,
        "note": null,
        "privacy_policy": null,
        "tos": null,
        "vat_number": null,
    }))
}
