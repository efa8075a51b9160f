//! Tables and texts as data, and what renders them: a terminal's text, Markdown, HTML and CSV. Renderers know no record.

pub mod csv;
mod data;
mod fit;
mod markdown;
mod text;

pub use data::{Cell, Column, GiveWay, Group, Table, WIDTH};
pub use fit::shortened;
pub use markdown::escaped as escaped_in_markdown;
pub use text::{hanging, wrapped};
