//! Mails as a mail server hands them over (RFC 5322, MIME), read into what the support desk takes.

use mail_parser::{Address, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

use crate::attachments::Attachment;
use crate::domain::clients::email::Email;
use crate::operations::support::ReceivedMail;

/// The headers that name addresses that a mail may be for, after those that the mail server names.
const RECIPIENTS: [&str; 4] = ["Delivered-To", "X-Original-To", "To", "Cc"];
/// The longest name of a file.
const NAME_CHARACTERS: usize = 200;

/// Reads a mail; `None` if it is none. `recipients` are the addresses that the mail server knows.
pub fn read(bytes: &[u8], recipients: &[String]) -> Option<ReceivedMail> {
    let message = MessageParser::default().parse(bytes)?;
    if message.headers().is_empty() {
        return None;
    }
    let from = message.from().and_then(Address::first);
    let text = text(&message);
    let subject = one_line(message.subject().unwrap_or_default());
    let of_headers = RECIPIENTS.iter().flat_map(|header| addresses(&message, header));
    Some(ReceivedMail {
        id: id(&message, &text),
        recipients: recipients.iter().map(|address| address.trim().to_lowercase()).chain(of_headers).collect(),
        to: addresses(&message, "To").join(", "),
        copy_to: addresses(&message, "Cc").join(", "),
        name: one_line(from.and_then(|from| from.name()).unwrap_or_default()),
        email: from.and_then(|from| Email::parse(from.address()?)).map(|email| email.as_str().to_owned()),
        date: message.header_raw("Date").unwrap_or_default().trim().to_owned(),
        subject,
        text,
        files: message.attachments().enumerate().map(|(at, part)| file(at, part)).collect(),
        is_automatic: is_automatic(&message),
    })
}

/// The Message-ID, or else a sum of what the sender wrote, which is the same in every delivery.
fn id(message: &Message<'_>, text: &str) -> String {
    if let Some(id) = message.message_id().map(str::trim).filter(|id| !id.is_empty()) {
        return id.to_owned();
    }
    let mut sum = Sha256::new();
    for header in ["From", "Date", "Subject", "To"] {
        sum.update(message.header_raw(header).unwrap_or_default().trim());
        sum.update([0]);
    }
    sum.update(text);
    for part in message.attachments() {
        sum.update(part.contents());
    }
    let digits = sum.finalize().iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    format!("sha256:{digits}")
}

/// The text of all parts that are no files. HTML becomes text where there is no other.
fn text(message: &Message<'_>) -> String {
    let parts = (0..message.text_body_count()).filter_map(|at| message.body_text(at));
    let text: Vec<String> = parts.map(|part| plain(&part)).filter(|part| !part.is_empty()).collect();
    text.join("\n\n")
}

/// A text with one kind of line breaks, and without characters that no column takes.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|&c| c == '\n' || c == '\t' || !c.is_control()).collect::<String>().trim().to_owned()
}

fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The addresses in all headers of this name, in small letters.
fn addresses(message: &Message<'_>, header: &'static str) -> Vec<String> {
    let mut found = Vec::new();
    for value in message.header_values(header) {
        match value {
            HeaderValue::Address(address) => {
                found.extend(address.iter().filter_map(|address| Some(address.address()?.trim().to_lowercase())));
            }
            HeaderValue::Text(text) => {
                found.extend(text.split(',').map(|address| address.trim().trim_matches(['<', '>']).to_lowercase()));
            }
            _ => {}
        }
    }
    found.retain(|address| !address.is_empty());
    found
}

fn file(at: usize, part: &MessagePart<'_>) -> Attachment {
    let name = part.attachment_name().map(one_line).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| format!("attachment{}.{}", at + 1, extension(part)));
    Attachment { name: shortened(&name), content: part.contents().to_vec() }
}

/// Keeps the end of a name, which tells the type.
fn shortened(name: &str) -> String {
    let surplus = name.chars().count().saturating_sub(NAME_CHARACTERS);
    name.chars().skip(surplus).collect()
}

/// The extension of a part without a name, by its type.
fn extension(part: &MessagePart<'_>) -> String {
    if let PartType::Message(_) = part.body {
        return "eml".to_owned();
    }
    let subtype = part.content_type().and_then(|of| of.subtype()).unwrap_or("bin").to_ascii_lowercase();
    match subtype.as_str() {
        "plain" => "txt".to_owned(),
        "jpeg" => "jpg".to_owned(),
        other => other.chars().filter(char::is_ascii_alphanumeric).collect(),
    }
}

/// By what a mail is known that a program wrote, to which nobody must answer: RFC 3834, and what else programs write.
fn is_automatic(message: &Message<'_>) -> Option<&'static str> {
    let value = |header: &'static str| message.header_raw(header).map(|value| value.trim().to_ascii_lowercase());
    let has = |header: &'static str, signs: &[&str]| {
        let words = value(header).unwrap_or_default();
        words.split([',', ';', ' ']).any(|word| signs.contains(&word.trim()))
    };
    let is_report = || value("Content-Type").is_some_and(|of| of.starts_with("multipart/report"));
    match () {
        () if value("Auto-Submitted").is_some_and(|of| !of.starts_with("no")) => Some("Auto-Submitted"),
        () if has("Precedence", &["bulk", "junk", "list", "auto_reply"]) => Some("Precedence"),
        () if value("List-Id").is_some() => Some("List-Id"),
        () if has("X-Auto-Response-Suppress", &["all", "autoreply", "oof"]) => Some("X-Auto-Response-Suppress"),
        () if value("X-Autoreply").is_some() || value("X-Autorespond").is_some() => Some("X-Autoreply"),
        () if value("Return-Path").is_some_and(|path| path == "<>") => Some("Return-Path"),
        () if is_report() => Some("multipart/report"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(headers: &str) -> ReceivedMail {
        read(format!("From: Ana <ana@example.com>\n{headers}\n\nHello\n").as_bytes(), &[]).unwrap()
    }

    #[test]
    fn mails_of_programs_are_recognized() {
        for (header, sign) in [
            ("Auto-Submitted: auto-replied", Some("Auto-Submitted")),
            ("Auto-Submitted: no", None),
            ("Precedence: bulk", Some("Precedence")),
            ("Precedence: first-class", None),
            ("List-Id: <news.example.com>", Some("List-Id")),
            ("X-Auto-Response-Suppress: DR, OOF, AutoReply", Some("X-Auto-Response-Suppress")),
            ("X-Auto-Response-Suppress: RN", None),
            ("Return-Path: <>", Some("Return-Path")),
            ("Return-Path: <ana@example.com>", None),
            ("Content-Type: multipart/report; boundary=x", Some("multipart/report")),
            ("Subject: Auto-Submitted: x", None),
        ] {
            assert_eq!(mail(header).is_automatic, sign, "{header}");
        }
    }

    #[test]
    fn recipients_are_those_that_the_mail_server_knows_first() {
        let headers = "To: Help <Help@example.com>, sales@example.com\nCc: x@example.com\nDelivered-To: y@example.com\n\
                       X-Original-To: z@example.com\nSubject: =?UTF-8?Q?Gr=C3=B6=C3=9Fe?=\n 5";
        let known = ["Known@example.com".to_owned()];
        let mail = read(format!("From: ana@example.com\n{headers}\n\nHello\n").as_bytes(), &known).unwrap();
        let expected = [
            "known@example.com",
            "y@example.com",
            "z@example.com",
            "help@example.com",
            "sales@example.com",
            "x@example.com",
        ];
        assert_eq!(mail.recipients, expected);
        assert_eq!((&*mail.to, &*mail.copy_to), ("help@example.com, sales@example.com", "x@example.com"));
        assert_eq!((&*mail.subject, &*mail.text), ("Größe 5", "Hello"));
    }

    #[test]
    fn a_message_without_an_id_is_known_by_what_it_says() {
        let one = mail("Received: from one\nDate: Mon, 1 Jan 2026 00:00:00 +0000").id;
        assert_eq!(one, mail("Received: from two\nDate: Mon, 1 Jan 2026 00:00:00 +0000").id);
        assert_ne!(one, mail("Date: Mon, 1 Jan 2026 00:00:01 +0000").id);
        assert_eq!(mail("Message-ID: <1@example.com>").id, "1@example.com");
    }

    #[test]
    fn senders_need_an_address() {
        for (from, email) in
            [("Ana <ana@example.com>", Some("ana@example.com")), ("Ana", None), ("<x>", None), ("", None)]
        {
            let mail = read(format!("From: {from}\nSubject: x\n\nHello\n").as_bytes(), &[]).unwrap();
            assert_eq!(mail.email.as_deref(), email, "{from}");
        }
        assert!(read(b"", &[]).is_none());
    }
}
