//! From characters to glyphs and lines: which font has a character, in which direction it is written, how wide it is, and where a
//! line breaks.

use std::collections::{BTreeSet, HashMap};

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::BidiInfo;

/// As many characters at most fit into the space of a cell.
const FITTING_CHARACTERS: usize = 200;

/// A font, for shaping and for the PDF.
pub struct Face<'d> {
    shaper: rustybuzz::Face<'d>,
    font: Font,
    units_per_em: f32,
}

impl<'d> Face<'d> {
    /// Reads a font; `None` if it is none.
    pub fn new(data: &'d [u8], font: Font) -> Option<Face<'d>> {
        let shaper = rustybuzz::Face::from_slice(data, 0)?;
        let units_per_em = font.units_per_em();
        Some(Face { shaper, font, units_per_em })
    }

    fn has(&self, character: char) -> bool {
        self.shaper.glyph_index(character).is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    Regular,
    SemiBold,
}

/// A text in one line, as glyphs from left to right.
#[derive(Debug, Clone)]
pub struct Line {
    pub runs: Vec<Run>,
    /// In units of the size.
    pub width: f32,
}

/// A part of a line in one font and one direction.
#[derive(Debug, Clone)]
pub struct Run {
    pub font: Font,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    /// In units of the size.
    pub width: f32,
}

/// Sets texts in the fonts that there are.
pub struct Typesetter<'d> {
    regular: Face<'d>,
    semi_bold: Face<'d>,
    /// The operator's fonts, for characters that the two lack.
    others: Vec<Face<'d>>,
    widths: HashMap<(String, Weight), f32>,
    missing: BTreeSet<char>,
}

impl<'d> Typesetter<'d> {
    pub fn new(regular: Face<'d>, semi_bold: Face<'d>, others: Vec<Face<'d>>) -> Typesetter<'d> {
        Typesetter { regular, semi_bold, others, widths: HashMap::new(), missing: BTreeSet::new() }
    }

    /// The characters so far that no font has.
    pub fn missing(&self) -> &BTreeSet<char> {
        &self.missing
    }

    /// Sets a text in one line.
    pub fn line(&mut self, text: &str, weight: Weight) -> Line {
        let text = printable(text);
        let bidi = BidiInfo::new(&text, None);
        let mut runs = Vec::new();
        if let Some(paragraph) = bidi.paragraphs.first() {
            let (levels, visual) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for range in visual {
                let is_rtl = levels[range.start].is_rtl();
                let mut parts = self.split_by_font(&text[range], weight);
                if is_rtl {
                    parts.reverse();
                }
                for (font, part) in parts {
                    runs.push(shape(self.face(font, weight), part, is_rtl));
                }
            }
        }
        let width = runs.iter().map(|run| run.width).sum();
        Line { runs, width }
    }

    /// Breaks a text into lines of at most this width, in units of the size. A line break in the text is one here; the second
    /// value of a line is whether it belongs to the first line of the text.
    pub fn wrap(&mut self, text: &str, weight: Weight, width: f32) -> Vec<(String, bool)> {
        let mut lines = Vec::new();
        for (number, paragraph) in text.trim().lines().enumerate() {
            let is_first = number == 0;
            lines.extend(self.wrap_paragraph(paragraph, weight, width).into_iter().map(|line| (line, is_first)));
        }
        lines
    }

    fn wrap_paragraph(&mut self, text: &str, weight: Weight, width: f32) -> Vec<String> {
        let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
        for word in pieces(&printable(text)) {
            let own = self.width(word.trim_end(), weight);
            if used + own > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0.0;
            }
            if own > width {
                for character in word.chars() {
                    let wide = self.width(character.encode_utf8(&mut [0; 4]), weight);
                    if used + wide > width && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(character);
                    used += wide;
                }
            } else {
                line.push_str(word);
                used += self.width(word, weight);
            }
        }
        lines.push(line.trim_end().to_owned());
        lines
    }

    /// Returns the beginning of a text that fits into this width, in units of the size, with an ellipsis if it is cut.
    pub fn fitting(&mut self, text: &str, weight: Weight, width: f32) -> Line {
        // No space has room for more, and each further character is tried.
        let text: String = text.chars().take(FITTING_CHARACTERS).collect();
        let whole = self.line(&text, weight);
        if whole.width <= width {
            return whole;
        }
        let mut end = text.len();
        while let Some((at, _)) = text[..end].char_indices().next_back() {
            end = at;
            let line = self.line(&format!("{}…", text[..end].trim_end()), weight);
            if line.width <= width {
                return line;
            }
        }
        self.line("", weight)
    }

    fn width(&mut self, text: &str, weight: Weight) -> f32 {
        let key = (text.to_owned(), weight);
        if let Some(width) = self.widths.get(&key) {
            return *width;
        }
        let width = self.line(text, weight).width;
        self.widths.insert(key, width);
        width
    }

    fn face(&self, font: FontOf, weight: Weight) -> &Face<'d> {
        match (font, weight) {
            (FontOf::Program, Weight::Regular) => &self.regular,
            (FontOf::Program, Weight::SemiBold) => &self.semi_bold,
            (FontOf::Operator(number), _) => &self.others[number],
        }
    }

    /// Splits a text where another font is needed. Spaces and marks stay with what precedes them if its font has them.
    fn split_by_font<'t>(&mut self, text: &'t str, weight: Weight) -> Vec<(FontOf, &'t str)> {
        let mut parts: Vec<(FontOf, usize)> = Vec::new();
        for (at, character) in text.char_indices() {
            let last = parts.last().map(|(font, _)| *font);
            let font = match last {
                Some(font) if self.face(font, weight).has(character) && !character.is_alphanumeric() => font,
                _ => self.font_of(character, weight),
            };
            if last != Some(font) {
                parts.push((font, at));
            }
        }
        let ends = parts.iter().skip(1).map(|(_, at)| *at).chain([text.len()]);
        parts.iter().zip(ends).map(|((font, at), end)| (*font, &text[*at..end])).collect()
    }

    fn font_of(&mut self, character: char, weight: Weight) -> FontOf {
        if self.face(FontOf::Program, weight).has(character) {
            return FontOf::Program;
        }
        match self.others.iter().position(|face| face.has(character)) {
            Some(number) => FontOf::Operator(number),
            None => {
                self.missing.insert(character);
                FontOf::Program
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FontOf {
    Program,
    Operator(usize),
}

/// Control characters are not printed. Tabs are spaces, and so are the separators of lines and paragraphs, after which a line would
/// lack the rest.
fn printable(text: &str) -> String {
    let is_space = |character| matches!(character, '\t' | '\u{2028}' | '\u{2029}');
    let spaced = text.chars().map(|character| if is_space(character) { ' ' } else { character });
    spaced.filter(|character| !character.is_control()).collect()
}

/// Splits a text where a line may break: after spaces, and around the characters of scripts that write no spaces.
fn pieces(text: &str) -> Vec<&str> {
    let mut starts = vec![0];
    let mut before = None;
    for (at, character) in text.char_indices() {
        let may_break = match before {
            Some(before) => character != ' ' && (before == ' ' || is_ideograph(before) || is_ideograph(character)),
            None => false,
        };
        if may_break {
            starts.push(at);
        }
        before = Some(character);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).filter(|piece| !piece.is_empty()).collect()
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[expect(clippy::cast_precision_loss, reason = "units of a font are small numbers")]
fn shape(face: &Face<'_>, text: &str, is_rtl: bool) -> Run {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
    let shaped = rustybuzz::shape(&face.shaper, &[], buffer);
    let scaled = |units: i32| units as f32 / face.units_per_em;
    let clusters: BTreeSet<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    let glyphs: Vec<KrillaGlyph> = shaped
        .glyph_infos()
        .iter()
        .zip(shaped.glyph_positions())
        .map(|(info, position)| {
            let start = info.cluster as usize;
            let end = clusters.range(start + 1..).next().copied().unwrap_or(text.len());
            let advance = scaled(position.x_advance);
            let (x, y) = (scaled(position.x_offset), scaled(position.y_offset));
            KrillaGlyph::new(GlyphId::new(info.glyph_id), advance, x, y, scaled(position.y_advance), start..end, None)
        })
        .collect();
    let width = shaped.glyph_positions().iter().map(|position| scaled(position.x_advance)).sum();
    Run { font: face.font.clone(), text: text.to_owned(), glyphs, width }
}
