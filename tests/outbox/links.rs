//! Where links in mails and in payment data lead.

use whmcs_api::config::{Invoices, Links, Settings};

use crate::support::TestApi;

#[tokio::test]
async fn links_lead_to_the_operators_pages_or_else_to_those_of_whmcs() {
    let own = Links {
        invoice: "https://my.test/invoices/{id}".to_owned(),
        quote: "https://my.test/quotes/{id}".to_owned(),
        ticket: "https://my.test/tickets/{number}?code={code}".to_owned(),
    };
    for (links, system_url, invoice, quote, ticket) in [
        (own, "", "https://my.test/invoices/1", "https://my.test/quotes/1", "https://my.test/tickets/"),
        (
            Links::default(),
            "https://a.test",
            "https://a.test/viewinvoice.php?id=1",
            "https://a.test/viewquote.php?id=1",
            "https://a.test/viewticket.php?tid=",
        ),
        (Links::default(), "", "", "", ""),
    ] {
        let api =
            TestApi::with_settings(Settings { links, invoices: Invoices::default(), ..Settings::default() }).await;
        api.sql(include_str!("../support/fixtures/quotes.sql")).await;
        api.sql(include_str!("../support/fixtures/invoice_numbers.sql")).await;
        api.sql(&format!(
            "UPDATE tblconfiguration SET value = '{system_url}' WHERE setting = 'SystemURL'; \
             INSERT INTO tblticketdepartments (id, name) VALUES (1, 'Help'); \
             INSERT INTO tblemailtemplates (type, name, subject, message) VALUES \
               ('invoice', 'Invoice Created', 'x', '{{$invoice_link}}'), \
               ('invoice', 'Invoice Payment Confirmation', 'x', '{{$invoice_num}} {{$invoice_link}}'), \
               ('support', 'Support Ticket Opened', 'x', '{{$ticket_url}} {{$ticket_link}}.'); \
             UPDATE tblemailtemplates SET message = '{{$quote_link}}.' WHERE name = 'Quote Delivery with PDF'",
        ))
        .await;
        let anchor = |url: &str| match url {
            "" => String::new(),
            url => format!("<a href=\"{url}\">{url}</a>"),
        };
        let bought = api.reply("action=AddCreditApi&userid=2&itemamount=50&paymentmethod=paypal").await;
        assert_eq!(bought["paymentMethod"]["data"], invoice);
        let data = api.reply("action=PaymentData&invoiceid=1").await;
        assert_eq!(data["paymentdata"]["data"], invoice, "{data}");
        api.reply("action=AddInvoicePayment&invoiceid=1&gateway=paypal&transid=T").await;
        api.reply("action=SendQuote&quoteid=1").await;
        api.reply("action=OpenTicket&clientid=2&deptid=1&subject=x&message=x").await;
        let mails = api.rows("message", "tblemails ORDER BY id").await;
        assert_eq!(mails[..2], [format!("2026-0007 {}", anchor(invoice)), format!("{}.", anchor(quote))], "{mails:?}");
        let [.., opened] = &mails[..] else { panic!("{mails:?}") };
        assert!(opened.starts_with(ticket) && (opened == " .") == ticket.is_empty(), "{opened}");
    }
}

/// A link that leads nowhere is left out of the mail, which is sent all the same.
#[tokio::test]
async fn links_with_a_token_are_left_out_without_a_page() {
    let api = TestApi::new().await;
    api.sql(include_str!("../support/fixtures/people/clients.sql")).await;
    api.sql("UPDATE tblconfiguration SET value = '' WHERE setting = 'SystemURL'").await;
    api.reply("action=ResetPassword&id=1").await;
    api.reply("action=CreateClientInvite&client_id=1&email=new@example.com&permissions=products").await;
    let mails = api.rows("message", "tblemails ORDER BY id").await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().all(|mail| !mail.contains("hidden-token") && !mail.contains("index.php")), "{mails:?}");
}
