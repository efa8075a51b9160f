//! The manual page: one page for the command and its subcommands, from the same definitions as the help.

use clap::Command;
use clap_mangen::Man;
use std::io;

/// The page as roff.
///
/// # Errors
/// Only errors of writing to memory.
pub fn page(mut command: Command) -> io::Result<Vec<u8>> {
    // Building gives the subcommands their full names: `precision-probe report`.
    command.build();
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let subcommands: Vec<Command> = command.get_subcommands().cloned().collect();
    let manual = Man::new(command).manual("User Commands");
    let mut page = Vec::new();
    manual.render_title(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    page += &section(|out| manual.render_name_section(out))?;
    page += &section(|out| manual.render_synopsis_section(out))?;
    page += &section(|out| manual.render_description_section(out))?;
    page += &section(|out| manual.render_options_section(out))?;
    page += ".SH SUBCOMMANDS\n";
    for subcommand in subcommands {
        page += &format!(".SS {}\n", escaped(subcommand.get_name()));
        let manual = Man::new(subcommand);
        for part in [
            section(|out| manual.render_synopsis_section(out))?,
            section(|out| manual.render_description_section(out))?,
            section(|out| manual.render_options_section(out))?,
        ] {
            page += ".PP\n";
            page.extend(part.lines().filter(|line| !line.starts_with(".SH ")).flat_map(|line| [line, "\n"]));
        }
    }
    page += ".SH EXAMPLES\n.nf\n";
    page.extend(examples.lines().skip(1).flat_map(|line| [escaped(line), "\n".into()]));
    page += ".fi\n";
    page += &section(|out| manual.render_version_section(out))?;
    Ok(page.into_bytes())
}

/// One rendered section without the preamble, which the title already contains.
fn section(render: impl Fn(&mut dyn io::Write) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = Vec::new();
    render(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "));
    Ok(lines.flat_map(|line| [line, "\n"]).collect())
}

/// Escapes text for roff: keeps backslashes and hyphens, and lets no line start a command.
fn escaped(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
