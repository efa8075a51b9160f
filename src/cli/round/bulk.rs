//! `round --npy`: rounds or quantises every entry of an array, or sums its rows.

use super::arguments::{RoundArguments, SCHEMA, check_random, document};
use crate::arithmetic::dispatch::{Visitor, dispatch};
use crate::arithmetic::scaling::{Content, Quantised, Quantiser};
use crate::arithmetic::{ArithmeticName, Exact, ExactMatrix, Numbers, Side, Step};
use crate::cli::failure::{Failure, told};
use crate::cli::printing::{print, show};
use crate::cli::targets::Targets;
use crate::exchange::{self, Tensor};
use crate::format::Dyadic;
use crate::report::table::wrapped;
use ndarray::Array2;
use rug::Float;
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Reads, rounds, writes, and prints a summary of the results.
///
/// # Errors
/// Wrong input with its fix, or a file that could not be written; then no file is written.
pub fn execute(arguments: &RoundArguments, npy: &Path) -> Result<(), Failure> {
    let Some(out) = &arguments.out else {
        return Err(Failure::Input("--npy needs --out FILE: give a file for the results".into()));
    };
    let work = Work::of(arguments).map_err(Failure::Input)?;
    let tensor = read(npy)?;
    let mut targets = Targets::new(arguments.force);
    if arguments.json {
        targets.take_stdout("--json", "--json")?;
    }
    let target = targets.claim(("--out", "FILE"), out, exchange::NPY_MAGIC)?;
    let matrix = matrix(&tensor);
    let Done { values, about } = work.run(&matrix).map_err(Failure::Input)?;
    let shape =
        if arguments.sum { tensor.shape[..tensor.shape.len().saturating_sub(1)].to_vec() } else { tensor.shape };
    let summary = Summary {
        schema: SCHEMA,
        out: out.display().to_string(),
        what: work.name(),
        about,
        counts: (!arguments.sum).then(|| Counts::of(&matrix, &values)),
        shape,
    };
    target.write(&exchange::npy_bytes(&summary.shape, &values))?;
    if arguments.json {
        print(document(&summary)?.as_bytes())
    } else if targets.is_stdout_taken() {
        Ok(())
    } else {
        show(&summary.text())
    }
}

/// The one array of a file.
fn read(npy: &Path) -> Result<Tensor, Failure> {
    let mut contents = exchange::read(npy, None).map_err(Failure::Input)?;
    let refuse = |what: String| Err(Failure::Input(format!("`{}` {what}", npy.display())));
    let tensor = match contents.tensors.pop() {
        Some(tensor) if contents.tensors.is_empty() && contents.unread.is_empty() => tensor,
        _ => return refuse("does not hold a single array: save the array alone with numpy.save".into()),
    };
    if tensor.shape.len() > 2 {
        return refuse(format!("has shape {}: reshape it to at most two axes", tensor.shape_in_words()));
    }
    contents.notes.iter().for_each(|note| drop(writeln!(io::stderr(), "note: {}", told(note))));
    Ok(tensor)
}

/// An array with fewer axes is one row.
fn matrix(tensor: &Tensor) -> Array2<f64> {
    let shape = match tensor.shape.as_slice() {
        [rows, columns] => (*rows, *columns),
        _ => (1, tensor.values.len()),
    };
    Array2::from_shape_vec(shape, tensor.values.clone()).expect("invariant: a tensor has as many values as its shape")
}

/// The operation on the array.
enum Work {
    Round { name: ArithmeticName, random: Option<u32> },
    Sum(ArithmeticName),
    Quantise { quantiser: Quantiser, side: Side },
}

/// The results, in row-major order, with a note about them.
struct Done {
    values: Vec<f64>,
    about: Option<String>,
}

impl Work {
    fn of(arguments: &RoundArguments) -> Result<Work, String> {
        let RoundArguments { formats, operands, along, random, sum, .. } = arguments;
        if let Some(operands) = operands {
            for (option, is_given) in [("formats", !formats.is_empty()), ("sum", *sum), ("random", random.is_some())] {
                if is_given {
                    return Err(format!("--operands and --{option} cannot be used together: leave one out"));
                }
            }
            let side = match along.as_deref() {
                None | Some("rows") => Side::Left,
                Some("columns") => Side::Right,
                Some(other) => return Err(format!("--along {other}: give rows or columns")),
            };
            return Ok(Work::Quantise { quantiser: Quantiser::parse(operands)?, side });
        }
        if along.is_some() {
            return Err("--along has no effect without --operands NAME: add that, or leave out the option".into());
        }
        let [name] = formats.as_slice() else {
            return Err("--npy takes one precision: write --formats NAME, such as f16, or --operands NAME".into());
        };
        let name = ArithmeticName::parse(name)?;
        check_random(*random, &[name])?;
        match (sum, random) {
            (false, _) => Ok(Work::Round { name, random: *random }),
            (true, None) => Ok(Work::Sum(name)),
            (true, Some(_)) => Err("--sum and --random cannot be used together: leave one out".into()),
        }
    }

    fn name(&self) -> String {
        match self {
            Work::Round { name, .. } | Work::Sum(name) => name.to_string(),
            Work::Quantise { quantiser, .. } => quantiser.name(),
        }
    }

    fn run(&self, matrix: &Array2<f64>) -> Result<Done, String> {
        match self {
            Work::Round { name, random: None } => doubles(name, &dispatch(*name, Rounding(matrix))),
            Work::Round { name, random: Some(random) } => {
                let round = |x: &f64| {
                    let x = Float::with_val(53, *x);
                    Exact::Long(name.limits.result(&name.format, &x, name.direction.round(&name.format, &x, *random)))
                };
                doubles(name, &ExactMatrix::Any(matrix.map(round)))
            }
            Work::Sum(name) => doubles(name, &dispatch(*name, Sums(matrix))),
            Work::Quantise { quantiser, side } => {
                Ok(quantised(&quantiser.quantise(matrix.view(), *side, Content::Activation)))
            }
        }
    }
}

/// Every entry, rounded to an arithmetic.
struct Rounding<'m>(&'m Array2<f64>);

impl Visitor for Rounding<'_> {
    type Output = ExactMatrix;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> ExactMatrix {
        arithmetic.exact_matrix(&arithmetic.round_doubles(Step::alone(0), self.0))
    }
}

/// Every row's sum in an arithmetic.
struct Sums<'m>(&'m Array2<f64>);

impl Visitor for Sums<'_> {
    type Output = ExactMatrix;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> ExactMatrix {
        let rounded = arithmetic.round_doubles(Step::alone(0), self.0);
        arithmetic.exact_matrix(&arithmetic.sum_rows(Step::alone(1), &rounded))
    }
}

/// The results as doubles.
fn doubles(name: &ArithmeticName, results: &ExactMatrix) -> Result<Done, String> {
    let double = |exact: Exact| {
        let double = exact.to_f64();
        let is_kept = double.is_nan() || Exact::Double(double) == exact;
        is_kept.then_some(double).ok_or_else(|| {
            format!("a result in {name} does not fit into float64, the type of the output: give a narrower precision")
        })
    };
    Ok(Done { values: results.iter().map(double).collect::<Result<_, _>>()?, about: None })
}

/// Element times scales; exact, because all of them have few bits.
fn quantised(quantised: &Quantised) -> Done {
    let Quantised { values, factor, scales, block, .. } = quantised;
    let mut about = format!("{} of {} × {}", blocks(scales.len()), block.0, block.1);
    let finite = || scales.iter().copied().filter(|scale| scale.is_finite());
    if scales.len() > 1 || *factor == 1.0 {
        let [least, most] =
            [finite().reduce(f64::min), finite().reduce(f64::max)].map(|x| x.map_or("NaN".into(), in_powers));
        about += &if least == most { format!(", scale {least}") } else { format!(", scales {least} to {most}") };
    }
    if *factor != 1.0 {
        about += &format!(", times {factor:?} for the tensor");
    }
    Done { values: values.iter().map(|value| value * factor).collect(), about: Some(about) }
}

fn blocks(count: usize) -> String {
    if count == 1 { "1 block".into() } else { format!("{count} blocks") }
}

/// A scale as a power of two, if it is one.
fn in_powers(x: f64) -> String {
    match Float::with_val(53, x).to_integer_exp() {
        Some((units, exponent)) if units.is_power_of_two() => Dyadic { units, exponent }.power_form(),
        _ => x.to_string(),
    }
}

/// Counts of the results.
#[derive(Serialize)]
struct Counts {
    exact: usize,
    rounded: usize,
    became_zero: usize,
    became_not_finite: usize,
}

impl Counts {
    fn of(before: &Array2<f64>, after: &[f64]) -> Counts {
        let mut counts = Counts { exact: 0, rounded: 0, became_zero: 0, became_not_finite: 0 };
        for (x, y) in before.iter().zip(after) {
            *if x == y || x.is_nan() && y.is_nan() {
                &mut counts.exact
            } else if !y.is_finite() {
                &mut counts.became_not_finite
            } else if *y == 0.0 {
                &mut counts.became_zero
            } else {
                &mut counts.rounded
            } += 1;
        }
        counts
    }
}

/// The printed summary.
#[derive(Serialize)]
struct Summary {
    schema: &'static str,
    out: String,
    /// The arithmetic or the quantiser.
    what: String,
    about: Option<String>,
    shape: Vec<usize>,
    counts: Option<Counts>,
}

impl Summary {
    fn text(&self) -> String {
        let Summary { out, what, about, shape, counts, .. } = self;
        let numbers = match shape.iter().product::<usize>() {
            1 => "1 number".to_string(),
            many => format!("{many} numbers"),
        };
        let mut text = match counts {
            None => format!("{out}: {numbers}, sums of rows in {what}"),
            Some(Counts { exact, rounded, became_zero, became_not_finite }) => format!(
                "{out}: {numbers} in {what}: {exact} exact, {rounded} rounded, {became_zero} became 0, \
                 {became_not_finite} became infinite or NaN"
            ),
        };
        if let Some(about) = about {
            text += &format!(" ({about})");
        }
        wrapped(&text)
    }
}
