//! The page as a browser shows it: no error on its console, no request, a table that sorts and filters, figures that
//! tell their numbers. Skipped where no browser is installed, unless PRECISION_PROBE_BROWSER=required.

use crate::common::records::{Behaviour, cases, default_record, record};
use precision_probe::record::Record;
use precision_probe::report::probe::page::html as page;
use precision_probe::report::probe::panels::of_record;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What the browser is called, by distribution.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The first browser that starts, if there is any.
///
/// # Panics
/// If there is none and the environment requires one.
fn browser() -> Option<&'static str> {
    let starts = |name: &&str| {
        let version = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    };
    let found = BROWSERS.iter().find(|name| starts(name)).copied();
    if found.is_none() {
        let is_required = std::env::var("PRECISION_PROBE_BROWSER").is_ok_and(|value| value == "required");
        assert!(!is_required, "PRECISION_PROBE_BROWSER=required, and none of {} starts", BROWSERS.join(", "));
        eprintln!("skipped: none of {} starts; .ci/browser installs one", BROWSERS.join(", "));
    }
    found
}

/// A page as the browser leaves it, and what it wrote on its console.
struct Shown {
    document: String,
    console: Vec<String>,
}

impl Shown {
    /// Opens a page in a browser of its own, at a fragment.
    fn new(browser: &str, html: &str, fragment: &str) -> Shown {
        let place = TempDir::new().expect("a temporary directory");
        let file = place.path().join("report.html");
        fs::write(&file, html).expect("the page is written");
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
            .args(["--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", place.path().join("profile").display()))
            .arg(format!("file://{}{fragment}", file.display()))
            .output()
            .expect("the browser starts");
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "the browser failed: {log}");
        let console = log.lines().filter(|line| line.contains("CONSOLE")).map(String::from).collect();
        Shown { document: String::from_utf8(output.stdout).expect("UTF-8"), console }
    }

    /// The same, and nothing may stand on the console.
    fn quiet(browser: &str, html: &str, fragment: &str) -> Shown {
        let shown = Shown::new(browser, html, fragment);
        assert_eq!(shown.console, [""; 0], "{fragment}");
        shown
    }

    /// The rows of the layer table that are not hidden: opening tag and cells.
    fn rows(&self) -> Vec<Row> {
        let table = between(&self.document, "id=\"layer-table\"", "</table>");
        let body = between(table, "<tbody>", "</tbody>");
        let rows = body.split("<tr ").skip(1).map(|row| row.split_once('>').expect("a tag"));
        let row = |(tag, cells): (&str, &str)| Row {
            is_hidden: tag.contains("hidden"),
            cells: cells.split("<td").skip(1).map(Cell::new).collect(),
        };
        rows.map(row).filter(|row| !row.is_hidden).collect()
    }
}

struct Row {
    is_hidden: bool,
    cells: Vec<Cell>,
}

/// A cell's key and text.
struct Cell {
    value: Option<f64>,
    text: String,
}

impl Cell {
    fn new(markup: &str) -> Cell {
        let (tag, rest) = markup.split_once('>').expect("a cell");
        let value = tag.split_once("data-value=\"").map(|(_, rest)| rest.split('"').next().unwrap().parse().unwrap());
        Cell { value, text: rest.split("</td>").next().unwrap().to_string() }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} after {start}")).0
}

/// Two activations, one of which loses its gradient in the first layers.
fn comparison() -> Record {
    let mut both = record(6, 5, &[("f16", Behaviour::Noise(0.4)), ("f32", Behaviour::Noise(1e-5))]);
    let mut other = record(6, 5, &[("f16", Behaviour::Vanished(3)), ("f32", Behaviour::AtMost(1e-25))]).runs.remove(0);
    other.activation = "tanh".into();
    both.spec.activations.push("tanh".into());
    both.runs.push(other);
    both
}

/// The values of a column: noise/signal is the third without activations, the fourth with them.
fn column(rows: &[Row], index: usize) -> Vec<Option<f64>> {
    rows.iter().map(|row| row.cells[index].value).collect()
}

#[test]
fn a_sorted_view_is_a_link() {
    let Some(browser) = browser() else { return };
    let html = page(&default_record()).unwrap();
    let shown = Shown::quiet(browser, &html, "#sort=noise,descending");
    assert!(between(&shown.document, "data-key=\"noise\"", "</th>").contains("aria-sort=\"descending\""));
    assert_eq!(shown.document.matches(" aria-sort=").count(), 1, "one column is sorted");
    let rows = shown.rows();
    assert_eq!(rows.len(), 5 * 51);
    let noise: Vec<f64> = column(&rows, 2).into_iter().map(|value| value.expect("every layer has noise")).collect();
    assert!(noise.windows(2).all(|pair| pair[0] >= pair[1]), "{noise:?}");
    assert!(noise.first() > noise.last());
    // The order of the record breaks ties: every layer of f16 is `noisy` or `sound`.
    let shown = Shown::quiet(browser, &html, "#sort=verdict,ascending&arithmetic=f16");
    let keys: Vec<(Option<f64>, Option<f64>)> =
        shown.rows().iter().map(|row| (row.cells[7].value, row.cells[1].value)).collect();
    assert_eq!(keys.len(), 51);
    assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
    assert!(shown.rows().iter().all(|row| row.cells[0].text == "f16"));
    assert!(between(&shown.document, "<output", "</output>").ends_with(">51 of 255 rows"));
}

#[test]
fn what_a_link_asks_in_vain_is_ignored() {
    let Some(browser) = browser() else { return };
    let html = page(&record(3, 2, &[("f16", Behaviour::Noise(0.4))])).unwrap();
    let plain = Shown::quiet(browser, &html, "");
    for fragment in ["#sort=nothing,descending", "#sort=", "#arithmetic=f99", "#layers", "#%E0%A4%A", "#sort=layer,up"]
    {
        let shown = Shown::quiet(browser, &html, fragment);
        let texts = |shown: &Shown| -> Vec<String> {
            shown.rows().iter().flat_map(|row| row.cells.iter().map(|cell| cell.text.clone())).collect()
        };
        assert_eq!(texts(&shown), texts(&plain), "{fragment}");
    }
}

/// Rows without a number come last in both directions; filters of a comparison narrow each other.
#[test]
fn a_comparison_sorts_and_filters() {
    let Some(browser) = browser() else { return };
    let html = page(&comparison()).unwrap();
    for direction in ["ascending", "descending"] {
        let shown = Shown::quiet(browser, &html, &format!("#sort=flips,{direction}"));
        let flips = column(&shown.rows(), 4);
        let known = flips.iter().take_while(|value| value.is_some()).count();
        assert_eq!((flips.len(), known), (4 * 7, 4 * 6), "the head has no flips: {flips:?}");
        assert!(flips[known..].iter().all(Option::is_none), "{flips:?}");
    }
    let shown = Shown::quiet(browser, &html, "#activation=tanh&arithmetic=f16&verdict=underflow&sort=layer,descending");
    let layers: Vec<Option<f64>> = column(&shown.rows(), 2);
    assert_eq!(layers, [Some(3.0), Some(2.0), Some(1.0)]);
    let ids: Vec<&str> = shown.document.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let links = shown.document.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap());
    for link in links {
        assert!(ids.contains(&link), "a link leads to {link}");
    }
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{id} stands twice");
    }
}

/// The page with the browser's policy taken out and a script of the test's put in, which leaves what it saw.
fn with_script(html: &str, script: &str) -> String {
    let policy = between(html, "<meta http-equiv=\"Content-Security-Policy\"", ">");
    let free = html.replace(&format!("<meta http-equiv=\"Content-Security-Policy\"{policy}>"), "");
    free.replace("</body>", &format!("<pre id=\"seen\"></pre><script>{script}</script></body>"))
}

/// What a person does: clicks titles, chooses, resets.
#[test]
fn titles_sort_when_pressed() {
    let Some(browser) = browser() else { return };
    let script = "
        const seen = [];
        const title = document.querySelector('[data-key=noise]');
        const first = () => document.querySelector('#layer-table tbody tr:not([hidden])').textContent;
        const see = () => seen.push([title.getAttribute('aria-sort'), location.hash, first()].join(' '));
        see();
        title.querySelector('button').click(); see();
        title.querySelector('button').click(); see();
        const choice = document.querySelector('select[name=arithmetic]');
        choice.value = 'f16';
        choice.dispatchEvent(new Event('change', { bubbles: true }));
        see();
        document.querySelector('button[type=reset]').click();
        setTimeout(() => { see(); document.getElementById('seen').textContent = seen.join('\\n'); }, 10);
    ";
    let record = record(2, 1, &[("f16", Behaviour::Noise(0.4)), ("f64", Behaviour::Noise(1e-12))]);
    let shown = Shown::quiet(browser, &with_script(&page(&record).unwrap(), script), "");
    let seen: Vec<&str> = between(&shown.document, "<pre id=\"seen\">", "</pre>").lines().collect();
    let beginnings = [
        "  f1610.299",
        "descending #sort=noise,descending f1610.299",
        "ascending #sort=noise,ascending f643 (head)",
        "ascending #sort=noise,ascending&amp;arithmetic=f16 f163 (head)",
        " #layers f1610.299",
    ];
    assert_eq!(seen.len(), beginnings.len(), "{seen:?}");
    for (line, beginning) in seen.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{line} instead of {beginning}");
    }
}

/// Pointing at a figure, or walking through it with the keys, shows the numbers of the record.
#[test]
fn figures_tell_their_numbers() {
    let Some(browser) = browser() else { return };
    let script = "
        const seen = [];
        const tip = document.getElementById('tip');
        const see = (what) => seen.push(what + ': ' + (tip.hidden ? 'nothing' : tip.textContent.replaceAll('\\n', ' | ')));
        const figures = Array.from(document.querySelectorAll('figure'));
        const press = (figure, key) => figure.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        see('at first');
        press(figures[0], 'ArrowRight'); see('noise');
        press(figures[0], 'ArrowRight'); press(figures[0], 'ArrowRight'); see('to the head');
        press(figures[0], 'ArrowRight'); see('and not beyond');
        press(figures[0], 'ArrowDown'); see('another curve');
        press(figures[0], 'Escape'); see('away');
        figures.slice(1, 4).forEach((figure) => {
            figure.querySelector('.spot').dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
            see('pointed at');
        });
        figures[3].dispatchEvent(new PointerEvent('pointerleave')); see('left');
        seen.push(document.querySelectorAll('figure title').length + ' titles');
        document.getElementById('seen').textContent = seen.join('\\n');
    ";
    let record = record(2, 1, &[("f16", Behaviour::Noise(0.4)), ("f64", Behaviour::Noise(1e-12))]);
    let html = page(&record).unwrap();
    let shown = Shown::quiet(browser, &with_script(&html, script), "");
    let seen: Vec<&str> = between(&shown.document, "<pre id=\"seen\">", "</pre>").lines().collect();
    let expected = [
        "at first: nothing",
        "noise: layer 1, f16 | noise/signal 0.299 | noisy 1 of 1",
        "to the head: layer 3, f16 | noise/signal 0.00317 | sound 1 of 1",
        "and not beyond: layer 3, f16 | noise/signal 0.00317 | sound 1 of 1",
        "another curve: layer 3, f64 | noise/signal 7.93·10⁻¹⁵ | sound 1 of 1",
        "away: nothing",
        "pointed at: layer 1 (hidden.1) | median |entry| 0.00552 | 1 % to 99 %: 1.22·10⁻⁴ to 0.125 | largest below 0.25",
        "pointed at: layer 1, f16 | resolved 70.2 % (702) | degraded 17.9 % (179) | drowned 8.9 % (89) | \
         flushed 1 % (10) | true zero 2 % (20)",
        "pointed at: layer 1, f64 | flips 1 in 512 (4 of 2048, all trials)",
        "left: nothing",
        "0 titles",
    ];
    assert_eq!(seen, expected);
    // Noise, range and fates of 3 layers, flips of 2, 14 sizes in 2; range and sizes are the same for both arithmetics.
    assert_eq!(
        html.matches("<title>layer ").count(),
        6 + 3 + 6 + 4 + 2 * 14,
        "without a script the browser shows them"
    );
}

/// Whoever edits a record by hand cannot make the page do anything: names stay text everywhere.
#[test]
fn a_hostile_record_stays_text() {
    let hostile = "</script><script>document.title='taken'</script><img src=x onerror=alert(1)>\"'&";
    let mut record = record(2, 2, &[("f16", Behaviour::Noise(0.4)), ("f32", Behaviour::Noise(1e-5))]);
    record.version = hostile.into();
    record.spec_hash = hostile.into();
    record.spec.formats = vec![hostile.into()];
    for run in &mut record.runs {
        run.activation = hostile.into();
        run.constants = vec![hostile.into()];
        run.sites[0].name = hostile.into();
        run.sites[0].parameters[0] = hostile.into();
        run.arithmetics[0].name = hostile.into();
        run.arithmetics[0].format.name = hostile.into();
    }
    let html = page(&record).unwrap();
    assert!(!html.contains("<img") && !html.contains("</script><script>document"));
    let Some(browser) = browser() else { return };
    let shown = Shown::quiet(browser, &html, "#sort=noise,descending");
    let title = between(&shown.document, "<title>", "</title>");
    assert!(title.contains("&lt;/script&gt;"), "{title}");
    assert_eq!(shown.rows().len(), 6);
    let json = between(&shown.document, "id=\"record-json\">", "</script>");
    assert_eq!(Record::from_json(json).expect("the page carries the record"), record);
}

/// The test of the tests: an error and a refused request are seen.
#[test]
fn errors_would_be_seen() {
    let Some(browser) = browser() else { return };
    let html = page(&record(1, 1, &[("f16", Behaviour::Noise(0.4))])).unwrap();
    let broken = with_script(&html, "nothing.like.this();");
    let shown = Shown::new(browser, &broken, "");
    assert!(shown.console.iter().any(|line| line.contains("nothing is not defined")), "{:?}", shown.console);
    let strange = html.replace("</body>", "<script>document.title = 'taken'</script></body>");
    let shown = Shown::new(browser, &strange, "");
    assert!(shown.console.iter().any(|line| line.contains("Content Security Policy")), "{:?}", shown.console);
    assert!(!between(&shown.document, "<title>", "</title>").contains("taken"));
    let linked = html.replace("</body>", "<img src=\"picture.png\"></body>");
    let shown = Shown::new(browser, &linked, "");
    assert!(!shown.console.is_empty(), "a page that loads something is refused it");
}

/// Nothing but fragments is linked to, and nothing is loaded.
#[test]
fn the_page_asks_the_network_for_nothing() {
    for record in [default_record(), comparison()] {
        let html = page(&record).unwrap();
        for loading in
            ["src=", "url(", "@import", "import(", "fetch(", "XMLHttpRequest", "<iframe", "<object", "srcset"]
        {
            assert!(!html.contains(loading), "{loading}");
        }
        for link in html.split("href=\"").skip(1) {
            assert!(link.starts_with('#') || link.starts_with("data:,"), "{}", &link[..40]);
        }
        // Names of SVG's and HTML's own are no addresses that anything asks.
        let addresses = html.replace("http://www.w3.org/2000/svg", "").matches("://").count();
        assert_eq!(addresses, 0);
        for handler in [" onclick=", " onload=", " onerror=", "javascript:", " style="] {
            assert!(!html.contains(handler), "{handler}");
        }
    }
}

/// Every state that a record can be in has its page, and a row for every layer in every arithmetic.
#[test]
fn every_case_has_its_page() {
    for (name, record) in cases() {
        let html = page(&record).expect(name);
        let layers: usize = record.runs[0].arithmetics.iter().map(|arithmetic| arithmetic.sites.len()).sum();
        assert_eq!(html.matches(" data-verdict=").count(), layers, "{name}");
        let panels = of_record(&record, &record.runs[0]).len();
        assert_eq!(html.matches("<svg ").count(), panels, "{name}");
        assert_eq!(html.matches("<section ").count(), html.matches("</section>").count(), "{name}");
    }
}

/// Same record, same bytes; and small enough to be sent around.
#[test]
fn pages_are_reproducible_and_small() {
    let record = default_record();
    let html = page(&record).unwrap();
    assert_eq!(html, page(&record).unwrap());
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    let mut large = record.clone();
    large.runs[0].truth.precision = vec![256; 2 << 20];
    assert!(!page(&large).unwrap().contains("record-json\">"), "a large record is named, not carried");
    let mut empty = record;
    empty.runs.clear();
    assert_eq!(page(&empty).unwrap_err(), "the record has no run");
}

/// The command at the page's end measures the record again.
#[test]
fn the_page_tells_how_to_measure_it_again() {
    let place = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("precision-probe").expect("the binary is built");
        let output = command.current_dir(place.path()).args(arguments).output().expect("the command starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let spec = ["--act", "leaky:0.3,tanh", "--depth", "3", "--width", "5", "--batch", "4", "--trials", "2", "--bias"];
    let more = ["--formats", "e5m2:acc=f32,f16", "--seed", "7", "--data", "gaussian", "--gain", "1.25"];
    run(&[&spec[..], &more, &["--out", "one", "--quiet", "--export-html", "exported.html"]].concat());
    let html = fs::read_to_string(place.path().join("one/report.html")).unwrap();
    assert_eq!(html, fs::read_to_string(place.path().join("exported.html")).unwrap());
    let line = between(&html, "<pre><code>", "</code></pre>");
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    run(&[&words[..], &["--out", "two", "--quiet"]].concat());
    let record = |folder: &str| fs::read(Path::new(place.path()).join(folder).join("record.json")).unwrap();
    assert!(record("one") == record("two"), "{line}");
}
