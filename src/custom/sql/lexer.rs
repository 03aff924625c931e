//! Splits a statement into tokens, as MariaDB and MySQL do with the session settings of this server: `"` quotes texts, and a
//! backslash escapes within them.
//!
//! What is valid on only one of the two, and what makes them see different tokens, is rejected: comments that are executed,
//! hints, variables, several statements.

use crate::config::is_name;

/// A token, and where it stands in the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword, a name or a number.
    Word(String),
    /// A name in backticks, without them.
    Quoted(String),
    Text,
    /// A parameter such as `:clientid`, without the colon.
    Parameter(String),
    Symbol(char),
}

impl Token {
    pub fn is_symbol(&self, symbol: char) -> bool {
        self.kind == TokenKind::Symbol(symbol)
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, TokenKind::Word(text) if text.eq_ignore_ascii_case(word))
    }

    /// The text of a word, or of a name in backticks.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Word(text) | TokenKind::Quoted(text) => Some(text),
            _ => None,
        }
    }
}

/// The characters between tokens.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];
/// The characters of operators and other punctuation.
const SYMBOLS: &str = "+-*/%=<>!&|^~(),.";

/// Returns the tokens of a statement without comments, or what is wrong with it. A semicolon at the end is left out.
pub fn tokens(sql: &str) -> Result<Vec<Token>, String> {
    if let Some(control) = sql.chars().find(|c| c.is_control() && !BLANKS.contains(c)) {
        return Err(format!("it has the control character {control:?}"));
    }
    let mut lexer = Lexer { sql, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'s> {
    sql: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.sql[self.at..]
    }

    fn next_token(&mut self) -> Result<Option<Token>, String> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let kind = match first {
            '\'' | '"' => self.text(first)?,
            '`' => self.quoted_name()?,
            ':' => self.parameter()?,
            ';' => return self.end_of_statement(),
            '@' => return Err("it has a variable (@), which custom actions must not use".to_owned()),
            '?' => return Err("it has a placeholder (?): write a parameter as :name".to_owned()),
            '$' => return Err("it has a word that begins with $, which some databases take for a quote".to_owned()),
            first if is_name_character(first) => self.word(),
            first if SYMBOLS.contains(first) => {
                self.at += 1;
                TokenKind::Symbol(first)
            }
            other => return Err(format!("it has the character {other:?} outside texts and quoted names")),
        };
        Ok(Some(Token { kind, start, end: self.at }))
    }

    fn skip_blanks(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches(BLANKS).len();
            let comment = comment_bytes(&rest[blanks..])?;
            if blanks + comment == 0 {
                return Ok(());
            }
            self.at += blanks + comment;
        }
    }

    fn word(&mut self) -> TokenKind {
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !is_name_character(c)).unwrap_or(rest.len())];
        self.at += word.len();
        TokenKind::Word(word.to_owned())
    }

    fn text(&mut self, quote: char) -> Result<TokenKind, String> {
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => drop(characters.next()),
                // A doubled quote within a text is read as two texts that follow each other, which is the same here.
                _ if character == quote => {
                    self.at += at + 1;
                    return Ok(TokenKind::Text);
                }
                _ => {}
            }
        }
        Err(format!("a text that begins with {quote} does not end"))
    }

    fn quoted_name(&mut self) -> Result<TokenKind, String> {
        let (mut name, mut rest) = (String::new(), &self.rest()[1..]);
        loop {
            let (part, after) = rest.split_once('`').ok_or("a name that begins with ` does not end")?;
            name.push_str(part);
            match after.strip_prefix('`') {
                Some(more) => {
                    name.push('`');
                    rest = more;
                }
                None => {
                    self.at = self.sql.len() - after.len();
                    return Ok(TokenKind::Quoted(name));
                }
            }
        }
    }

    fn parameter(&mut self) -> Result<TokenKind, String> {
        let after = &self.rest()[1..];
        if after.starts_with('=') {
            return Err("it assigns a variable (:=)".to_owned());
        }
        let name = &after[..after.find(|c| !is_name_character(c)).unwrap_or(after.len())];
        if !is_name(name) {
            return Err("it has a colon that does not begin a parameter such as :name".to_owned());
        }
        self.at += 1 + name.len();
        Ok(TokenKind::Parameter(name.to_owned()))
    }

    fn end_of_statement(&mut self) -> Result<Option<Token>, String> {
        self.at += 1;
        self.skip_blanks()?;
        if self.rest().is_empty() { Ok(None) } else { Err("it has more than one statement".to_owned()) }
    }
}

fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// Returns the number of bytes of the comment with which a text begins; 0 if it begins with none.
fn comment_bytes(rest: &str) -> Result<usize, String> {
    let line = |rest: &str| rest.find('\n').map_or(rest.len(), |end| end + 1);
    if rest.starts_with('#') {
        return Ok(line(rest));
    }
    if let Some(after) = rest.strip_prefix("--")
        && after.chars().next().is_none_or(|next| BLANKS.contains(&next))
    {
        return Ok(line(rest));
    }
    let Some(after) = rest.strip_prefix("/*") else { return Ok(0) };
    // MariaDB executes those that begin with M!, and other servers may do so with other letters.
    let is_executed = after.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(after).starts_with('!');
    if is_executed || after.starts_with('+') {
        return Err("it has a comment that the database executes (/*! or /*+)".to_owned());
    }
    let end = after.find("*/").ok_or("a comment that begins with /* does not end")?;
    Ok(end + 4)
}
