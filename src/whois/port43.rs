//! WHOIS on port 43: one line with the question, and an answer in text for people. What the text says is found out by the
//! phrase that the server uses for names that are not registered.

use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http::Fetcher;
use super::servers::{Port43, Web, normalized};
use super::{Answer, Unusable};
use crate::domain::domain_name::DomainName;

/// Maximum size of an answer.
const MAX_BYTES: u64 = 64 * 1024;

/// Words of which each answer about a registered name has some.
const WORDS_OF_REGISTRATIONS: [&str; 9] =
    ["registrar", "registrant", "registered", "holder", "status", "creat", "expir", "nserver", "name server"];

/// Asks a WHOIS server. The caller limits the time.
pub async fn ask(server: &Port43, name: &DomainName) -> Result<Answer, Unusable> {
    let mut stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
    stream.write_all(format!("{}\r\n", server.question(name)).as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MAX_BYTES + 1).read_to_end(&mut answer).await?;
    if answer.len() as u64 > MAX_BYTES {
        return Err(Unusable(format!("more than {MAX_BYTES} bytes")));
    }
    read(&answer, &server.available, name)
}

/// Asks a registry that answers with text over HTTP.
pub async fn ask_by_http(fetcher: &Fetcher, server: &Web, name: &DomainName) -> Result<Answer, Unusable> {
    let url = Url::parse(&format!("{}{}", server.url, name.ascii()))?;
    let page = fetcher.get(&url, "*/*").await?;
    read(&page.body, &server.available, name)
}

fn read(answer: &[u8], available: &str, name: &DomainName) -> Result<Answer, Unusable> {
    let text = readable(answer);
    let phrases = normalized(&text);
    if phrases.contains(available) {
        return Ok(Answer { is_registered: false, text: text.into() });
    }
    let is_about_name = phrases.contains(name.ascii()) || phrases.contains(&name.unicode());
    if is_about_name && WORDS_OF_REGISTRATIONS.iter().any(|word| phrases.contains(word)) {
        return Ok(Answer { is_registered: true, text: text.into() });
    }
    let beginning: String = text.chars().take(100).collect();
    Err(Unusable(format!("a text that does not tell: {beginning:?}")))
}

/// Decodes a text, which is in Latin-1 if it is not UTF-8, and removes control characters.
fn readable(answer: &[u8]) -> String {
    let text = match std::str::from_utf8(answer) {
        Ok(text) => text.to_owned(),
        Err(_) => answer.iter().copied().map(char::from).collect(),
    };
    let text = text.replace("\r\n", "\n");
    text.chars().filter(|&character| matches!(character, '\n' | '\t') || !character.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_an_answer_is_believed() {
        let name = DomainName::parse("müller.example").unwrap();
        for (text, understood) in [
            (&b"Domain Name: XN--MLLER-KVA.EXAMPLE\r\nRegistrar: Example\r\n"[..], Some(true)),
            ("% Terms\n\ndomain: müller.example\nstatus: active\n".as_bytes(), Some(true)),
            (b"domain: m\xfcller.example\nnserver: ns1.example\n", Some(true)),
            (b"No match for \"XN--MLLER-KVA.EXAMPLE\".\r\n", Some(false)),
            (b"% NO MATCH\t FOR this\n", Some(false)),
            (b"", None),
            (b"\0\xff\xfe\x01", None),
            (b"Domain Name: OTHER.EXAMPLE\r\nRegistrar: Example\r\n", None),
            (b"Query limit exceeded: xn--mller-kva.example", None),
            (b"Your connection limit is exceeded. Please slow down and try again later.\r\n", None),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n<html>Bad Request</html>", None),
        ] {
            let answer = read(text, "no match for", &name);
            let understands = answer.as_ref().map(|answer| answer.is_registered).ok();
            assert_eq!(understands, understood, "{}: {answer:?}", text.escape_ascii());
        }
    }

    #[test]
    fn texts_have_no_control_characters() {
        for (text, readable_text) in
            [(&b"a\r\n\tb\0\x1b[31m\n"[..], "a\n\tb[31m\n"), ("ü\u{85}".as_bytes(), "ü"), (b"\xfc", "ü")]
        {
            assert_eq!(readable(text), readable_text);
        }
    }
}
