//! Pages with texts and areas, written as a PDF.

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;

use super::text::Line;

/// Red, green and blue.
pub type Color = (u8, u8, u8);

/// The size of a page in points, of which an inch has 72.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSize {
    pub width: f32,
    pub height: f32,
}

impl PageSize {
    pub const A4: PageSize = PageSize { width: 595.28, height: 841.89 };
    pub const LETTER: PageSize = PageSize { width: 612.0, height: 792.0 };
}

/// Something on a page. Positions are in points, from the upper left corner.
pub enum Mark {
    Text {
        x: f32,
        /// The line on which the letters stand.
        baseline: f32,
        size: f32,
        color: Color,
        line: Line,
    },
    Area {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        /// The radius of its corners.
        radius: f32,
        color: Color,
    },
}

/// What a document says about itself.
pub struct About {
    pub title: String,
    pub author: String,
    /// The code of its language.
    pub language: String,
}

/// Writes pages as a PDF.
pub fn pdf(size: PageSize, pages: Vec<Vec<Mark>>, about: About) -> Result<Vec<u8>, String> {
    let mut document = Document::new();
    for marks in pages {
        let settings = PageSettings::from_wh(size.width, size.height).ok_or("a page has no size")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark);
        }
        surface.finish();
        page.finish();
    }
    let metadata = Metadata::new()
        .title(about.title)
        .authors(vec![about.author])
        .language(about.language)
        .creator("whmcs-api".to_owned());
    document.set_metadata(metadata);
    document.finish().map_err(|error| format!("{error:?}"))
}

fn draw(surface: &mut Surface<'_>, mark: Mark) {
    match mark {
        Mark::Text { mut x, baseline, size, color, line } => {
            surface.set_fill(Some(fill(color)));
            for run in line.runs {
                surface.draw_glyphs(Point::from_xy(x, baseline), &run.glyphs, run.font, &run.text, size, false);
                x += run.width * size;
            }
        }
        Mark::Area { x, y, width, height, radius, color } => {
            surface.set_fill(Some(fill(color)));
            if let Some(path) = rounded(x, y, width, height, radius) {
                surface.draw_path(&path);
            }
        }
    }
}

fn fill((red, green, blue): Color) -> Fill {
    Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }
}

/// A rectangle whose corners are quarters of a circle.
fn rounded(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    // How far the control points of a Bézier curve are from the ends of a quarter of a circle.
    const CIRCLE: f32 = 0.552_28;
    let (right, bottom, inner) = (x + width, y + height, radius * (1.0 - CIRCLE));
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.line_to(right - radius, y);
    path.cubic_to(right - inner, y, right, y + inner, right, y + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - inner, right - inner, bottom, right - radius, bottom);
    path.line_to(x + radius, bottom);
    path.cubic_to(x + inner, bottom, x, bottom - inner, x, bottom - radius);
    path.line_to(x, y + radius);
    path.cubic_to(x, y + inner, x + inner, y, x + radius, y);
    path.close();
    path.finish()
}
