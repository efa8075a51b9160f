//! `activations [NAME]`: a table of all activations, their edge of chaos, or everything about one, with a plot.

mod edge;
mod graph;
mod listing;
mod sheet;

use super::failure::Failure;
use super::folder::{refuse_stdout, unwritable};
use super::printing::{print, show, theme};
use super::targets::Targets;
use crate::activation::{ALL, Activation, Facts};
use crate::disk::Made;
use crate::report::files;
use crate::report::{graph as report_graph, svg};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// Name and version of the JSON's layout.
const SCHEMA: &str = "precision-probe-activations/1";

/// Arguments of `activations`.
#[derive(clap::Args, Debug)]
pub struct ActivationsArguments {
    /// Activation function to show, with parameters as in --act: gelu, leaky:0.2, hardtanh:-2:2 [default: list all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print the edge of chaos of all activations: the weights' σ_w with which both the variance of pre-activations and
    /// the gradient's mean square stay, for biases of σ_b = 0, 0.1 and 0.2
    #[arg(long, conflicts_with = "json", help_heading = "Output")]
    edge: bool,
    /// Output directory of the plot [default: reports/activations]
    #[arg(long, value_name = "DIR", requires = "name", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Overwrite a plot with other contents
    #[arg(long, requires = "name", help_heading = "Output")]
    force: bool,
    /// Background of the plot
    #[arg(long, value_name = "THEME", value_parser = theme(), default_value = "light", requires = "name", help_heading = "Output")]
    theme: crate::report::svg::Theme,
    /// Print JSON and draw nothing: a list `activations` with all numbers in full; infinite ends of segments are null
    #[arg(long, conflicts_with_all = ["out", "force", "theme"], help_heading = "Output")]
    json: bool,
}

/// Prints the table or the sheet, and draws the picture.
///
/// # Errors
/// An unknown name, with the nearest known one, or what could not be written.
pub fn execute(arguments: &ActivationsArguments) -> Result<(), Failure> {
    let named = arguments.name.as_deref().map(parse).transpose().map_err(Failure::Input)?;
    if let (Some(activation), true) = (named, arguments.edge) {
        let name = activation.name();
        return Err(Failure::Input(format!(
            "--edge is a table of all activations: leave out {name}, or --edge, as `activations {name}` has its rows"
        )));
    }
    let text = match (named, arguments.json) {
        (None, false) if arguments.edge => edge::listing(&ALL),
        (None, false) => listing::text(&ALL.map(|activation| activation.facts())),
        (None, true) => return print(json(&ALL)?.as_bytes()),
        (Some(activation), true) => return print(json(&[activation])?.as_bytes()),
        (Some(activation), false) => {
            let facts = activation.facts();
            let directory = arguments.out.clone().unwrap_or_else(|| Path::new("reports").join("activations"));
            let picture = draw_picture(&activation, &facts, &directory, arguments)?;
            format!("{}\n{}\nPicture: {}\n", sheet::text(&facts), edge::sheet(&activation), picture.display())
        }
    };
    show(&text)
}

/// The figure of an activation: φ and φ' with its joints.
pub fn figure(activation: &Activation) -> report_graph::Graph {
    graph::of(activation, &activation.facts())
}

/// Reads one activation's name and recognises a list.
fn parse(name: &str) -> Result<Activation, String> {
    Activation::parse(name).map_err(|message| match name {
        _ if name.contains(',') => format!("`{name}` is a list: give one activation, or none for the whole catalogue"),
        _ if name.trim().eq_ignore_ascii_case("all") => "`all` is a list: leave it out for the whole catalogue".into(),
        _ => message,
    })
}

/// Writes the picture as SVG and PNG and gives the path of the latter.
fn draw_picture(
    activation: &Activation,
    facts: &Facts,
    directory: &Path,
    arguments: &ActivationsArguments,
) -> Result<PathBuf, Failure> {
    refuse_stdout("--out", directory)?;
    // Removed again if the run fails.
    let _made = Made::new(directory).map_err(|error| unwritable("--out", directory, &error))?;
    let [svg_file, png_file] =
        ["svg", "png"].map(|ending| directory.join(format!("{}.{ending}", files::safe(&facts.name))));
    let mut targets = Targets::new(arguments.force);
    let mut claim = |file: &Path, beginning: &[u8]| targets.claim(("--out", "DIR"), file, beginning);
    let (svg_target, png_target) = (claim(&svg_file, b"<svg")?, claim(&png_file, b"\x89PNG")?);
    let undrawn = |message: String| Failure::Output(io::Error::other(message));
    let svg = svg::picture(&report_graph::sheet(&graph::of(activation, facts)), arguments.theme).map_err(undrawn)?;
    let png = svg::rasterise(&svg).map_err(undrawn)?;
    svg_target.accepts(svg.as_bytes())?;
    png_target.accepts(&png)?;
    svg_target.write(svg.as_bytes())?;
    png_target.write(&png)?;
    Ok(png_file)
}

/// The JSON of both forms.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    activations: Vec<Entry>,
}

/// An activation in JSON.
#[derive(Serialize)]
struct Entry {
    #[serde(flatten)]
    facts: Facts,
    /// Its points of the edge of chaos, by σ_b.
    edge_of_chaos: Vec<edge::Edge>,
}

fn json(activations: &[Activation]) -> Result<String, Failure> {
    let entry = |activation: &Activation| Entry { facts: activation.facts(), edge_of_chaos: edge::edges(activation) };
    let document = Document { schema: SCHEMA, activations: activations.iter().map(entry).collect() };
    let text = serde_json::to_string_pretty(&document);
    text.map(|text| text + "\n").map_err(|error| Failure::Output(io::Error::other(error)))
}
