//! Renders documents off the threads that answer calls.

use std::path::Path;
use std::sync::Arc;

use krilla::text::Font;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::canvas::{PageSize, pdf};
use super::invoice::InvoiceDocument;
use super::invoice_pages::pages;
use super::labels::Labels;
use super::text::{Face, Typesetter};
use crate::config::{Paper, Pdf};
use crate::fault::{Fault, Result};

/// Maximum number of lines and payments of a document.
pub const MAX_LINES: usize = 2_000;
/// Maximum number of bytes of the texts of a document.
pub const MAX_TEXT: usize = 512 << 10;
/// How many documents are rendered at once.
const AT_ONCE: usize = 2;

/// Noto Sans with the characters of Latin, Greek and Cyrillic scripts. Its license is in `fonts/OFL.txt`.
const REGULAR: &[u8] = include_bytes!("fonts/NotoSans-Regular.ttf");
const SEMI_BOLD: &[u8] = include_bytes!("fonts/NotoSans-SemiBold.ttf");

/// Renders documents by the operator's settings.
pub struct Renderer {
    language: String,
    size: PageSize,
    /// The operator's fonts.
    fonts: Vec<Arc<Vec<u8>>>,
    permits: Arc<Semaphore>,
}

impl Renderer {
    /// Reads the operator's fonts.
    pub fn new(settings: &Pdf) -> Result<Renderer> {
        Ok(Renderer {
            language: settings.language.clone(),
            size: match settings.paper {
                Paper::A4 => PageSize::A4,
                Paper::Letter => PageSize::LETTER,
            },
            fonts: settings.font.iter().map(|path| read_font(path)).collect::<Result<_>>()?,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Renders an invoice as a PDF.
    pub async fn invoice(&self, document: InvoiceDocument) -> Result<Vec<u8>> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(Fault::internal)?;
        let (language, size, fonts) = (self.language.clone(), self.size, self.fonts.clone());
        let rendered = spawn_blocking(move || {
            let _permit = permit;
            render(&document, &language, size, &fonts)
        });
        rendered.await.map_err(Fault::internal)?
    }
}

fn read_font(path: &Path) -> Result<Arc<Vec<u8>>> {
    let unusable = |why: &dyn std::fmt::Display| Fault::internal(format_args!("pdf.font: {}: {why}", path.display()));
    let data = Arc::new(std::fs::read(path).map_err(|error| unusable(&error))?);
    match operator_face(&data) {
        Some(_) => Ok(data),
        None => Err(unusable(&"is no TrueType or OpenType font")),
    }
}

fn operator_face(data: &Arc<Vec<u8>>) -> Option<Face<'_>> {
    Face::new(data, Font::new(Arc::clone(data).into(), 0)?)
}

fn own_face(data: &'static [u8]) -> Result<Face<'static>> {
    let face = Font::new(data.into(), 0).and_then(|font| Face::new(data, font));
    face.ok_or_else(|| Fault::internal("a font of the program cannot be read"))
}

fn render(document: &InvoiceDocument, language: &str, size: PageSize, fonts: &[Arc<Vec<u8>>]) -> Result<Vec<u8>> {
    let labels = Labels::of(&[&document.language, language]);
    let labels = labels.ok_or_else(|| Fault::internal("there are no labels of documents"))?;
    let others = fonts.iter().filter_map(operator_face).collect();
    let mut typesetter = Typesetter::new(own_face(REGULAR)?, own_face(SEMI_BOLD)?, others);
    let (pages, about) = pages(document, labels, size, &mut typesetter);
    if !typesetter.missing().is_empty() {
        let missing: String = typesetter.missing().iter().take(20).collect();
        warn!(invoice = %document.number, missing, "no font has these characters of a PDF; pdf.font can name one that does");
    }
    pdf(size, pages, about).map_err(Fault::internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::text::Weight;

    fn typesetter() -> Typesetter<'static> {
        Typesetter::new(own_face(REGULAR).unwrap(), own_face(SEMI_BOLD).unwrap(), Vec::new())
    }

    #[test]
    fn lines_break_between_words_and_within_those_that_are_too_long() {
        let mut typesetter = typesetter();
        for text in [
            "a few words of a line that is too long for the space",
            "Donaudampfschifffahrtsgesellschaft!",
            "日本語日本語日本語日本語日本語日本語日本語",
        ] {
            let lines = typesetter.wrap(text, Weight::Regular, 6.0);
            assert!(lines.len() > 1, "{lines:?}");
            for (line, is_first) in &lines {
                assert!(*is_first && typesetter.line(line, Weight::Regular).width <= 6.0, "{line}");
            }
            let joined: String = lines.iter().map(|(line, _)| line.replace(' ', "")).collect();
            assert_eq!(joined, text.replace(' ', ""));
        }
        let lines = typesetter.wrap("one\n\ntwo\u{7}\tthree\n", Weight::SemiBold, 60.0);
        let expected = [("one", true), ("", false), ("two three", false)];
        assert_eq!(lines, expected.map(|(line, is_first)| (line.to_owned(), is_first)));
    }

    #[test]
    fn latin_greek_and_cyrillic_have_all_their_letters_and_others_are_noted() {
        let mut typesetter = typesetter();
        let known =
            "Łódź Ğünéş Ångström ñ ß ẞ ĳ Ệ Ελλάδα ᾧ Ωμέγα Україна Ґ Ђ Ќ Ў Ә № € £ ¥ ₹ ₴ ₺ ₽ ₿ – — “” ‘’ • … × − ½ ²";
        for weight in [Weight::Regular, Weight::SemiBold] {
            typesetter.line(known, weight);
        }
        assert!(typesetter.missing().is_empty(), "{:?}", typesetter.missing());
        let line = typesetter.line("a 日 שלום", Weight::Regular);
        assert!(line.width > 0.0);
        assert_eq!(typesetter.missing().iter().collect::<String>(), "ולםש日");
    }

    #[test]
    fn what_is_written_from_right_to_left_is_set_in_its_order() {
        let line = typesetter().line("INV שלום", Weight::Regular);
        let last = line.runs.last().unwrap();
        assert_eq!(last.text, "שלום");
        let clusters: Vec<usize> =
            last.glyphs.iter().map(|glyph| krilla::text::Glyph::text_range(glyph).start).collect();
        assert_eq!(clusters, [6, 4, 2, 0]);
    }

    #[test]
    fn a_text_that_is_too_wide_for_its_space_is_cut() {
        let mut typesetter = typesetter();
        let line = typesetter.fitting(&"x".repeat(100_000), Weight::Regular, 10.0);
        let text: String = line.runs.iter().map(|run| run.text.as_str()).collect();
        assert!(text.ends_with("x…") && line.width <= 10.0, "{text}");
    }
}
