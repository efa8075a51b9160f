//! Sheets as pictures: SVG by plotters, PNG from that SVG by resvg.
//!
//! plotters' SVG backend rounds coordinates to whole units, so everything is drawn on a canvas ten times the page. Nothing
//! is computed here but places on the page: panels are laid out first, each as high as its words need, and then drawn. A
//! panel is data ([`super::panel`]); nothing here knows a record.

mod beside;
mod canvas;
mod curves;
mod key;
mod labels;
mod origin;
mod outline;
mod panel;
mod plot;
mod raster;
mod ruler;
mod sheet;
mod text;
mod theme;

pub use canvas::Spot;
pub use origin::Origin;
pub use raster::rasterise;
pub use sheet::{Picture, figure, picture};
pub use theme::{Theme, paints};
