//! A picture's page: words above, panels, and what is needed to measure it again.

use super::Panel;

/// One picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The stem of its files: `summary`.
    pub name: String,
    /// How it is laid out.
    pub layout: Layout,
    /// What is shown; empty for a panel on its own, whose title says it.
    pub title: String,
    /// The sentence to read first; may be empty.
    pub ruling: String,
    /// The other sentences, a paragraph each.
    pub sentences: Vec<String>,
    /// The panels from above.
    pub panels: Vec<Panel>,
    /// Everything needed to measure it again, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// How a sheet is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Panel below panel, as high as they need.
    #[default]
    Poster,
    /// 16:9, the first panel on the left, the others on the right, large print.
    Slide,
}
