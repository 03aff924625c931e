//! Rendering of WHMCS's templates, in the subset of Smarty that mails need.
//!
//! `{$name}` and `{$name.key}` insert a value, `{if}` … `{elseif}` … `{else}` … `{/if}` choose, `{* *}` is omitted and
//! `{literal}` is left alone. All other tags are omitted, and loops together with their content. Nothing in a template
//! is ever executed.

use std::collections::BTreeMap;

use super::html;
use crate::database::TEXT_BYTES;
use crate::domain::entities::{self, are_same};

/// The value of a merge field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Text as it is stored, with HTML entities or without; it is escaped in an HTML template.
    Text(String),
    /// Text that is never stored with HTML entities, such as a password: what looks like one is kept.
    Verbatim(String),
    /// HTML, which is converted to text in a plain-text template.
    Html(String),
}

impl Field {
    /// The value as it was set.
    pub fn value(&self) -> &str {
        let (Field::Text(value) | Field::Verbatim(value) | Field::Html(value)) = self;
        value
    }
}

pub type Fields = BTreeMap<String, Field>;

/// What a template is rendered as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Html,
    /// Text as it is stored: with HTML entities where the database has them, because a page of WHMCS shows it. It is
    /// decoded when the mail is delivered.
    StoredText,
}

/// Renders a template: replaces merge fields by their values; unset fields are empty. Output stops once it exceeds
/// [`TEXT_BYTES`], because a short template may repeat a long value.
pub fn render(template: &str, fields: &Fields, form: Form) -> String {
    let mut page =
        Renderer { fields, form, output: String::new(), blocks: Vec::new(), texts: BTreeMap::new(), closes: true };
    let mut rest = template;
    while let Some(at) = rest.find('{').filter(|_| page.output.len() <= TEXT_BYTES) {
        let (before, tag) = rest.split_at(at);
        page.push(before);
        rest = page.tag(&tag[1..]);
    }
    if page.output.len() <= TEXT_BYTES {
        page.push(rest);
    }
    page.output
}

struct Renderer<'f> {
    fields: &'f Fields,
    form: Form,
    output: String,
    /// The open blocks, the innermost last.
    blocks: Vec<Block>,
    /// HTML values that were converted to text.
    texts: BTreeMap<&'f str, String>,
    /// Whether a later `}` exists.
    closes: bool,
}

/// A block such as `{if}` … `{/if}` or a loop.
struct Block {
    name: &'static str,
    /// Whether the enclosing block is shown.
    is_outer_shown: bool,
    /// Whether an earlier branch was chosen.
    was_chosen: bool,
    is_shown: bool,
}

/// Blocks that are omitted with their content.
const UNKNOWN_BLOCKS: [&str; 9] =
    ["foreach", "section", "for", "while", "capture", "php", "function", "block", "strip_tags"];

impl Renderer<'_> {
    fn is_shown(&self) -> bool {
        self.blocks.last().is_none_or(|block| block.is_shown)
    }

    fn push(&mut self, text: &str) {
        if self.is_shown() {
            self.output.push_str(text);
        }
    }

    /// Evaluates the tag that begins after a brace, and returns the text after the tag.
    fn tag<'t>(&mut self, text: &'t str) -> &'t str {
        if let Some(comment) = text.strip_prefix('*') {
            return comment.split_once("*}").map_or("", |(_, rest)| rest);
        }
        if let Some(literal) = text.strip_prefix("literal}") {
            let (literal, rest) = literal.split_once("{/literal}").unwrap_or((literal, ""));
            self.push(literal);
            return rest;
        }
        // As in Smarty, a brace before white space is literal.
        let is_tag = text.starts_with(|c: char| c == '$' || c == '/' || c == '#' || c.is_ascii_alphabetic());
        let closed = if is_tag && self.closes { text.split_once('}') } else { None };
        self.closes &= closed.is_some() || !is_tag;
        let Some((tag, rest)) = closed else {
            self.push("{");
            return text;
        };
        let (word, condition) = tag.split_once([' ', '(']).map_or((tag, ""), |(word, _)| (word, &tag[word.len()..]));
        match (word, tag.strip_prefix('$')) {
            (_, Some(field)) => self.field(field),
            ("ldelim", _) => self.push("{"),
            ("rdelim", _) => self.push("}"),
            ("if", _) => self.open("if", holds(condition, self.fields)),
            ("elseif", _) => self.choose(holds(condition, self.fields)),
            ("else" | "foreachelse" | "sectionelse", _) => self.choose(true),
            _ => match (UNKNOWN_BLOCKS.iter().find(|name| **name == word), word.strip_prefix('/')) {
                (Some(name), _) => self.open(name, false),
                (None, Some(name)) => self.close(name),
                (None, None) => {}
            },
        }
        rest
    }

    fn open(&mut self, name: &'static str, is_chosen: bool) {
        let is_outer_shown = self.is_shown();
        self.blocks.push(Block { name, is_outer_shown, was_chosen: is_chosen, is_shown: is_outer_shown && is_chosen });
    }

    /// Begins the next branch.
    fn choose(&mut self, holds: bool) {
        if let Some(block) = self.blocks.last_mut() {
            block.is_shown = block.is_outer_shown && !block.was_chosen && holds;
            block.was_chosen |= holds;
        }
    }

    fn close(&mut self, name: &str) {
        if self.blocks.last().is_some_and(|block| block.name == name) {
            self.blocks.pop();
        }
    }

    /// Inserts a value. Modifiers after the name, such as `escape`, are ignored, because every value is escaped anyway.
    fn field(&mut self, field: &str) {
        let name = field.split('|').next().unwrap_or_default().trim();
        if !self.is_shown() {
            return;
        }
        let Some((name, value)) = self.fields.get_key_value(name) else { return };
        match (value, self.form) {
            (Field::Text(text), Form::StoredText) => self.output.push_str(text),
            (Field::Text(text), Form::Html) => html::push_escaped(&mut self.output, &entities::decoded(text)),
            (Field::Verbatim(text), Form::StoredText) => self.output.push_str(&entities::escaped(text)),
            (Field::Verbatim(text), Form::Html) => html::push_escaped(&mut self.output, text),
            (Field::Html(markup), Form::StoredText) => {
                let text = self.texts.entry(name).or_insert_with(|| entities::escaped(&html::to_text(markup)));
                self.output.push_str(text);
            }
            (Field::Html(markup), Form::Html) => self.output.push_str(markup),
        }
    }
}

/// Evaluates a condition: comparisons with `and` and `or`, of which `and` binds more tightly. Anything more complex is
/// false.
fn holds(condition: &str, fields: &Fields) -> bool {
    let words = words(condition);
    let compared = |words: &[&str]| compare(words, fields);
    words
        .split(|word| matches!(*word, "or" | "||"))
        .any(|all| !all.is_empty() && all.split(|word| matches!(*word, "and" | "&&")).all(compared))
}

fn compare(words: &[&str], fields: &Fields) -> bool {
    let negations = words.iter().take_while(|word| matches!(**word, "not" | "!")).count();
    let holds = match words[negations..] {
        [one] => !matches!(value(one, fields), "" | "0" | "false"),
        [one, "==" | "===" | "eq", other] => are_same(value(one, fields), value(other, fields)),
        [one, "!=" | "!==" | "ne" | "neq", other] => !are_same(value(one, fields), value(other, fields)),
        [one, operator, other] => {
            match (value(one, fields).parse::<f64>(), value(other, fields).parse::<f64>(), operator) {
                (Ok(one), Ok(other), ">" | "gt") => one > other,
                (Ok(one), Ok(other), ">=" | "gte" | "ge") => one >= other,
                (Ok(one), Ok(other), "<" | "lt") => one < other,
                (Ok(one), Ok(other), "<=" | "lte" | "le") => one <= other,
                _ => return false,
            }
        }
        _ => return false,
    };
    holds == negations.is_multiple_of(2)
}

fn value<'v>(word: &'v str, fields: &'v Fields) -> &'v str {
    let quoted = |quote| word.strip_prefix(quote).and_then(|word: &'v str| word.strip_suffix(quote));
    match (word.strip_prefix('$'), quoted('"').or(quoted('\''))) {
        (Some(name), _) => fields.get(name.split('|').next().unwrap_or_default()).map_or("", Field::value),
        (None, Some(text)) => text,
        (None, None) => word,
    }
}

/// Splits a condition into names, quoted texts and operators; parentheses are ignored.
fn words(condition: &str) -> Vec<&str> {
    let is_operator = |c: char| matches!(c, '=' | '!' | '<' | '>' | '&' | '|');
    let mut words = Vec::new();
    let mut rest = condition.trim_start_matches([' ', '(', ')']);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |at| at + 2),
            '!' if !rest.starts_with("!=") => 1,
            first if is_operator(first) => rest.find(|c| !is_operator(c)).unwrap_or(rest.len()),
            _ => rest.find(|c: char| c.is_whitespace() || c == ')' || is_operator(c)).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(length);
        words.push(word);
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        let texts = [("name", "Ann & <Bob>"), ("status", "Paid"), ("zero", "0"), ("two", "2"), ("cart.total", "9.99")];
        let mut fields: Fields =
            texts.into_iter().map(|(name, text)| (name.to_owned(), Field::Text(text.to_owned()))).collect();
        fields.insert("stored".to_owned(), Field::Text("O&#039;Brien &amp; &lt;Sons&gt;".to_owned()));
        fields.insert("password".to_owned(), Field::Verbatim("a&lt;b<&".to_owned()));
        fields.insert("lines".to_owned(), Field::Text("one\ntwo".to_owned()));
        fields.insert("link".to_owned(), Field::Html("<a href=\"https://x\">pay &amp; go</a>".to_owned()));
        fields
    }

    #[test]
    fn values_stand_in_the_place_of_fields() {
        for (template, as_html, as_text) in [
            ("Dear {$stored},", "Dear O&#39;Brien &amp; &lt;Sons&gt;,", "Dear O'Brien & <Sons>,"),
            ("{$password}", "a&amp;lt;b&lt;&amp;", "a&lt;b<&"),
            ("Dear {$name},", "Dear Ann &amp; &lt;Bob&gt;,", "Dear Ann & <Bob>,"),
            ("{$cart.total}{$nothing}{$name.key}", "9.99", "9.99"),
            ("{$lines|nl2br}{$two|escape:'html'}", "one<br />\ntwo2", "one\ntwo2"),
            ("{$link}", "<a href=\"https://x\">pay &amp; go</a>", "pay & go (https://x)"),
            ("{* a {$name} comment *}{literal}{$name}{/literal}{ldelim}{rdelim}", "{$name}{}", "{$name}{}"),
            ("body { margin: 0 } {", "body { margin: 0 } {", "body { margin: 0 } {"),
            ("{$name", "{$name", "{$name"),
            ("{* never closed {$two}", "", ""),
            ("{literal}{$two}", "{$two}", "{$two}"),
            ("{include file='x'}{math equation='1'}{$two->x}{$two[0]}{$two.0}{/if}{else}", "", ""),
            ("a{foreach $x as $y}{$two}{foreachelse}none{/foreach}b{php}system('x');{/php}", "anoneb", "anoneb"),
        ] {
            assert_eq!(render(template, &fields(), Form::Html), as_html, "{template}");
            assert_eq!(entities::decoded(&render(template, &fields(), Form::StoredText)), as_text, "{template}");
        }
    }

    #[test]
    fn conditions_choose() {
        for (condition, expected) in [
            ("$status", "yes"),
            ("!$status", "no"),
            ("not $nothing", "yes"),
            ("$zero", "no"),
            ("$nothing", "no"),
            ("$status eq 'Paid'", "yes"),
            ("$status == \"Paid\"", "yes"),
            ("$status==\"Paid\"", "yes"),
            ("$status neq 'Paid'", "no"),
            ("$status != 'Un paid'", "yes"),
            ("($two > 1) and $two <= 2", "yes"),
            ("$stored eq \"O'Brien & <Sons>\"", "yes"),
            ("$stored != \"O'Brien & <Sons>\"", "no"),
            ("$zero or $two lt 1", "no"),
            ("$zero || $status && $two", "yes"),
            ("$status gt 1", "no"),
            ("$two|count == 2", "no"),
            ("$a $b $c $d", "no"),
            ("not not $status", "yes"),
            (&"!".repeat(100_001), "no"),
            (&format!("{}$zero", "!".repeat(100_001)), "yes"),
            ("", "no"),
            ("'", "yes"),
        ] {
            let template = format!("{{if {condition}}}yes{{else}}no{{/if}}");
            assert_eq!(render(&template, &fields(), Form::StoredText), expected, "{condition}");
        }
    }

    #[test]
    fn blocks_may_stand_in_blocks() {
        for (template, expected) in [
            ("{if $zero}a{elseif $two == 2}b{elseif $two}c{else}d{/if}e", "be"),
            ("{if $two}a{if $zero}b{else}c{/if}d{else}{if $two}e{/if}{/if}f", "acdf"),
            ("{if $zero}{if $two}a{else}b{/if}{else}c{/if}", "c"),
            ("{if $zero}{foreach $x as $y}{else}a{/foreach}b{/if}c", "c"),
            ("{if $two}never closed", "never closed"),
            ("{if $zero}never closed", ""),
            ("{if $two}a{/foreach}b{/if}{/if}c", "abc"),
        ] {
            assert_eq!(render(template, &fields(), Form::StoredText), expected, "{template}");
        }
        let deep = format!("{}x{}", "{if $two}".repeat(50_000), "{/if}".repeat(50_000));
        assert_eq!(render(&deep, &fields(), Form::StoredText), "x");
    }

    /// Without the size limit, the first output would take gigabytes, and the others minutes.
    #[test]
    fn little_can_not_become_very_much() {
        let markup = |markup: String| Fields::from([("a".to_owned(), Field::Html(markup))]);
        let long = markup("x".repeat(TEXT_BYTES));
        for form in [Form::StoredText, Form::Html] {
            assert!(render(&"{$a}".repeat(16_383), &long, form).len() <= 2 * TEXT_BYTES);
        }
        let start = processor_seconds();
        assert_eq!(render(&"{$a}".repeat(16_383), &markup("<b>".repeat(20_000)), Form::StoredText), "");
        let open = "{$".repeat(1_000_000);
        assert!(render(&open, &long, Form::StoredText).len() <= 2 * TEXT_BYTES);
        let hidden = format!("{{if $b}}{open}");
        assert_eq!(render(&hidden, &long, Form::StoredText), "");
        assert!(processor_seconds() - start < 10);
    }

    /// CPU time of this thread, because elapsed time would include other processes.
    fn processor_seconds() -> u64 {
        let status = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields = status.rsplit(')').next().unwrap().split_whitespace();
        fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>() / 100
    }

    proptest::proptest! {
        #[test]
        fn anything_is_a_template(template in "(\\PC|[{}$*/|'\" ]|\\{if |\\{else\\}|\\{/if\\}){0,40}") {
            render(&template, &fields(), Form::Html);
            render(&template, &fields(), Form::StoredText);
        }
    }
}
