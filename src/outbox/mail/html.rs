//! Conversions between text and the HTML of mails.

use crate::domain::entities::push_decoded;

/// Appends text to HTML, escaped so that it cannot become markup.
pub fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br />\n"),
            other => html.push(other),
        }
    }
}

/// A link that shows its own URL.
pub fn link(address: &str) -> String {
    if address.is_empty() {
        return String::new();
    }
    let mut escaped = String::with_capacity(address.len());
    push_escaped(&mut escaped, address);
    format!("<a href=\"{escaped}\">{escaped}</a>")
}

/// Elements whose content is skipped.
const SKIPPED_ELEMENTS: [&str; 4] = ["head", "style", "script", "title"];
/// Elements that begin and end a line.
const LINE_ELEMENTS: [&str; 16] =
    ["br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote"];

/// Converts HTML to plain text, for mail programs that show no HTML. Elements such as paragraphs become lines, and each
/// link is followed by its URL.
pub fn to_text(html: &str) -> String {
    let mut text = Text::default();
    let mut rest = html;
    // Whether a later `>` may exist. Once a search has failed, there is no further one.
    let mut closes = true;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        text.push(before);
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let closed = if is_tag && closes { tag[1..].split_once('>') } else { None };
        closes &= closed.is_some() || !is_tag;
        let Some((tag, after)) = closed else {
            text.push("<");
            rest = &tag[1..];
            continue;
        };
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let name = name.to_ascii_lowercase();
        rest = match SKIPPED_ELEMENTS.contains(&name.as_str()) && !tag.starts_with('/') && !tag.ends_with('/') {
            true => after_end_tag(after, &name),
            false => after,
        };
        text.tag(&name, tag);
    }
    text.push(rest);
    text.finished.trim().to_owned()
}

/// The text after the end of an element.
fn after_end_tag<'h>(html: &'h str, name: &str) -> &'h str {
    let end = format!("</{name}");
    let is_end = |at: &usize| html[*at..].get(..end.len()).is_some_and(|tag| tag.eq_ignore_ascii_case(&end));
    let at = html.match_indices('<').map(|(at, _)| at).find(is_end);
    at.and_then(|at| html[at..].split_once('>')).map_or("", |(_, rest)| rest)
}

#[derive(Default)]
struct Text {
    finished: String,
    /// Whether a space precedes the next text.
    has_space: bool,
    /// The URL of the open link, and where its text begins.
    link: Option<(String, usize)>,
}

impl Text {
    /// Collapses white space between words into one space.
    fn push(&mut self, html: &str) {
        for (number, word) in html.split([' ', '\t', '\r', '\n']).enumerate() {
            self.has_space |= number > 0;
            if word.is_empty() {
                continue;
            }
            if self.has_space && !self.finished.is_empty() && !self.finished.ends_with('\n') {
                self.finished.push(' ');
            }
            self.has_space = false;
            push_decoded(&mut self.finished, word);
        }
    }

    fn tag(&mut self, name: &str, tag: &str) {
        let is_end = tag.starts_with('/');
        match name {
            "a" if is_end => self.end_link(),
            "a" => self.link = attribute(tag, "href").map(|address| (address, self.finished.len())),
            "td" | "th" => self.has_space = true,
            // At most one empty line between paragraphs.
            _ if LINE_ELEMENTS.contains(&name) && !self.finished.ends_with("\n\n") => {
                let is_new = self.finished.is_empty() || self.finished.ends_with('\n');
                if !is_new || name == "br" || (name == "p" && is_end) {
                    self.finished.push('\n');
                }
                if name == "p" && is_end && !self.finished.ends_with("\n\n") {
                    self.finished.push('\n');
                }
                self.has_space = false;
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some((address, start)) = self.link.take() else { return };
        let shown = self.finished.get(start..).unwrap_or_default().trim();
        let is_shown = shown.trim_end_matches('/') == address.trim_start_matches("mailto:").trim_end_matches('/');
        if !is_shown && !shown.is_empty() {
            self.finished.extend([" (", &address, ")"]);
        }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find(&format!(" {name}="))?;
    let value = tag.get(at + name.len() + 2..)?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next(),
        None => value.split_whitespace().next(),
    };
    let mut address = String::new();
    push_decoded(&mut address, value?);
    Some(address).filter(|address| !address.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_page() {
        for (html, text) in [
            ("plain", "plain"),
            ("<p>One</p><p>Two</p>", "One\n\nTwo"),
            ("<p>One</p>\n\n<p>Two<br>\n  three <b>four</b>, five</p>", "One\n\nTwo\nthree four, five"),
            ("One<br /><br /><br /><br />Two", "One\n\nTwo"),
            ("<h1>Head</h1><ul><li>a</li><li>b</li></ul>", "Head\na\nb"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<head><title>x</title><style>p{}</style></head><body>y<script>z<1</script></body>", "y"),
            ("<STYLE>p{}</Style>y<style>never closed", "y"),
            ("a <!-- b <p> --> c<!-- d", "a c"),
            (
                "1 < 2 &amp; 3 &gt; 2 &lt;b&gt; &#8364; &#x20AC; &nbsp;&bogus; & &;",
                "1 < 2 & 3 > 2 <b> € €  &bogus; & &;",
            ),
            ("<a href='https://x/?a=1&amp;b=2'>Pay</a> now", "Pay (https://x/?a=1&b=2) now"),
            ("<a class=\"b\" HREF=https://x>https://x/</a>", "https://x/"),
            ("<a href=\"mailto:a@b\">a@b</a> <a name='x'>anchor</a> <a href='x'><img></a>", "a@b anchor"),
            ("a<", "a<"),
            ("a<b", "a<b"),
            ("<ä>é", "<ä>é"),
            ("", ""),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    proptest::proptest! {
        #[test]
        fn anything_has_a_text(html in "(\\PC|[<>&;/!='\" -]|<a href=|</a>|<style>|&#x){0,40}") {
            to_text(&html);
        }

        #[test]
        fn text_survives_being_escaped(text in "[a-z<>&;\"'#]{0,30}") {
            let mut html = String::new();
            push_escaped(&mut html, &text);
            proptest::prop_assert_eq!(to_text(&html), text);
        }
    }
}
