#!/usr/bin/env python3
"""Measures what one would otherwise use, on the shapes of the kernel bench, and prints one table.

Installs pinned peers into a throw-away virtual environment (0.8 GB; --keep-environment keeps and reuses it) and
measures there, on one processor: nanoseconds of its time per multiply-add of S = (128, 128) x (128, 32),
M = (256, 256) x (256, 64) and V = (64, 64) x (64, 1), the call from Python included. Every round measures every peer
once and medians are taken, so that ratios hold on a machine that others use too. A peer that cannot be installed,
imported or run is a row that says why. Whatever claims a rounding is held against rational arithmetic rounded to
nearest, ties to even, on one small shape, at a plain scale and at one whose products are subnormal.

--ours FILE puts the project's own kernels into the table. FILE has a line for each kernel and shape, tabs between:

    kernel-name <TAB> shape <TAB> nanoseconds [<TAB> what it rounds <TAB> whether the order of sums is defined]

The shape is S, M or V (nanoseconds per multiply-add), `element` (per value of a function) or `gradient` (the whole
gradient below); lines that start with # are skipped. Needs nothing but Python 3.11 or later, on Linux or macOS.
"""

import argparse, functools, importlib, itertools, json, math, os, pathlib, platform, random, signal, statistics, struct
import subprocess, sys, tempfile, time, timeit
from fractions import Fraction
from functools import partial
from types import SimpleNamespace

PINS = {"numpy": "2.4.6", "ml_dtypes": "0.6.0", "gfloat": "0.5.2", "pychop": "0.6.2", "jax": "0.10.2",
        "jaxlib": "0.10.2", "python-flint": "0.9.0"}
PACKAGES = [x for x in PINS if x != "jaxlib"]
MODULES = {"gfloat": "gfloat.formats", "python-flint": "flint"}  # what to import, where it is not the package
SHAPES = {"S": (128, 128, 32), "M": (256, 256, 64), "V": (64, 64, 1)}
CHECKED = (32, 16, 32)
KINDS = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16", "e4m3fn": "float8_e4m3fn"}
FORMATS = {"f32": (24, -126), "f16": (11, -14), "bf16": (8, -126), "e4m3fn": (4, -6)}  # precision, least exponent
VALUES, BITS, DEPTH, WIDTH, BATCH = 4096, 208, 50, 128, 32
SECTIONS = {"product": "products: ns per multiply-add", "element": f"functions, {BITS} bits: ns per value",
            "gradient": f"the whole gradient of {DEPTH} ReLU layers, width {WIDTH}, batch {BATCH}: ms"}
SETTINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NPROC": "1",
            "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
            "JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1", "DASK_SCHEDULER": "synchronous", "chop_backend": "numpy"}

def show(text):
    if sys.stderr.isatty():
        print(f"\r{text:<60}\r", end="", file=sys.stderr, flush=True)

# Data and the reference: rational numbers.
@functools.cache
def gauss(rows, columns, seed):
    draw = random.Random(seed)
    half = lambda x: struct.unpack("e", struct.pack("e", x))[0]
    return [[half(draw.gauss(0, 1)) for _ in range(columns)] for _ in range(rows)]

def rounded(x, name):
    """The nearest number of the format, ties to even; nothing here comes near the range's upper end."""
    precision, least = FORMATS[name]
    exponent = abs(x.numerator).bit_length() - x.denominator.bit_length()
    exponent -= abs(x) < Fraction(2) ** exponent
    quantum = Fraction(2) ** (max(exponent, least) - precision + 1)
    return round(x / quantum) * quantum

def product(left, right, step=lambda x: x):
    return [functools.reduce(lambda sum_, xy: step(sum_ + step(xy[0] * xy[1])), zip(row, column), Fraction(0))
            for row in left for column in zip(*right)]

@functools.cache
def reference(claim, name, scale):
    """Inputs in the format, and what their product must be."""
    size, (m, k, n) = 2.0 ** (FORMATS[name][1] // 2 * scale), CHECKED
    inputs = [[[rounded(Fraction(x * size), name) for x in row] for row in matrix]
              for matrix in (gauss(m, k, 1), gauss(k, n, 2))]
    result = product(*inputs, lambda x: rounded(x, name if claim == "each" else "f32"))
    return *([[float(x) for x in row] for row in matrix] for matrix in inputs), [rounded(x, name) for x in result]

def exactly(x):
    """A number of a peer's as a rational one, and the radius around it."""
    if hasattr(x, "rad"):
        return tuple(int(y) * Fraction(2) ** int(z) for y, z in (x.mid().man_exp(), x.rad().man_exp()))
    return Fraction(int(x) if type(x).__name__ == "fmpz" else float(x) if math.isfinite(x) else 10**99), 0

def check(row):
    """Marks whether a peer does what it claims."""
    for scale, where in enumerate(("", ", products subnormal")[:1 if row.claim[0] == "exact" else 2]):
        a, b, expected = reference(*row.claim, scale)
        work = row.make(a, b)
        got = work()
        if row.claim[0] == "exact":  # long numbers: exact, or a ball that holds the exact entry
            expected = product(*([[exactly(x)[0] for x in line] for line in y.tolist()] for y in work.inputs))
            got = got.tolist()
        got = [exactly(x) for line in got for x in line]
        wrong = sum(abs(x - y) > radius for (x, radius), y in zip(got, expected, strict=True))
        row.notes += [f"{wrong} of {len(got)} entries differ from the exact reference{where}"] * bool(wrong)
    row.mark = "≠" if row.notes else "="

# The peers: each makes, from two lists of rows, the work to time. Their modules are globals that `measure` sets.
def arrays(a, b, name):
    return [numpy.array(x, numpy.float64).astype(KINDS[name]) for x in (a, b)]

def matmul(name, a, b):
    x, y = arrays(a, b, name)
    return lambda: x @ y

def loop(name, rounder, a, b):
    """One product and one sum at a time over k, each of them rounded."""
    r = rounder() if rounder else lambda x: x
    x, y = map(r, arrays(a, b, name))
    def work():
        sums = r(x[:, :1] * y[:1])
        for k in range(1, x.shape[1]):
            sums = r(sums + r(x[:, k:k + 1] * y[k:k + 1]))
        return sums
    return work

def jax_dot(name, a, b):
    x, y = map(jax.numpy.asarray, arrays(a, b, name))
    dot = jax.jit(jax.numpy.matmul)
    return lambda: dot(x, y).block_until_ready()

def long_product(bits, a, b):
    """Balls of so many bits, or for 0 integers of BITS bits; no input is a short number."""
    draw, matrix, flint.ctx.prec = random.Random(3), flint.arb_mat if bits else flint.fmpz_mat, bits or 53
    long = lambda x: (flint.arb(x) / 3).mid() if bits else (int(x * 2**52) << 154) + draw.getrandbits(154)
    x, y = (matrix([[long(x) for x in row] for row in rows]) for rows in (a, b))
    work = lambda: setattr(flint.ctx, "prec", bits or 53) or x * y
    work.inputs = x, y
    return work

def function(name, *_):
    flint.ctx.prec, call = BITS, getattr(flint.arb, name)
    values = [(flint.arb(x) / 3).mid() for x in gauss(1, VALUES, 4)[0]]
    return lambda: setattr(flint.ctx, "prec", BITS) or [call(x) for x in values]

def network(name):
    draw = numpy.random.default_rng(5)
    weights = draw.standard_normal((DEPTH, WIDTH, WIDTH)) * (2 / WIDTH) ** 0.5
    return arrays(weights, draw.standard_normal((WIDTH, BATCH)), name)

def numpy_gradient(name, *_):
    weights, inputs = network(name)
    def work():
        layers = list(itertools.accumulate(weights, lambda h, w: numpy.maximum(w @ h, 0), initial=inputs))
        back, result = layers[-1], []
        for w, below, above in zip(weights[::-1], layers[-2::-1], layers[:0:-1]):
            back = back * (above > 0)
            result.append(back @ below.T)
            back = w.T @ back
        return result[::-1]
    return work

def jax_gradient(name, *_):
    weights, inputs = map(jax.numpy.asarray, network(name))
    network_ = lambda weights, h: functools.reduce(lambda h, w: jax.numpy.maximum(w @ h, 0), weights, h)
    gradient, layers = jax.jit(jax.grad(lambda weights, h: (network_(weights, h) ** 2).sum() / 2)), list(weights)
    return lambda: jax.block_until_ready(gradient(layers, inputs))

def row(package, name, rounds, order, make, claim=(), section="product"):
    return SimpleNamespace(**locals(), mark="", reason="", cells={}, notes=[])

def peers():
    each, fused, undefined, ball = "each operation", "each, fused or not", "not defined", "encloses in a ball"
    yield from (row("numpy", f"NumPy {x}, a @ b", fused, "no", partial(matmul, x)) for x in ("f64", "f32"))
    yield row("numpy", "NumPy f16, a @ b", "once, after f32 sums", "no", partial(matmul, "f16"), ("once", "f16"))
    yield row("ml_dtypes", "ml_dtypes bf16, a @ b", "f32 sums, gives f32", "no", partial(matmul, "bf16"))
    for title, name, note, kind, rounder in (
            ("NumPy", "f16", "", "f16", None), *(("ml_dtypes", x, "", x, None) for x in ("bf16", "e4m3fn")),
            ("gfloat", "f16", "", "f64", lambda: partial(gfloat.round_ndarray, gfloat.formats.format_info_binary16)),
            ("gfloat", "e4m3fn", "", "f64", lambda: partial(gfloat.round_ndarray, gfloat.formats.format_info_ocp_e4m3)),
            ("pychop", "f16", ", chunks of 800", "f64", lambda: pychop.Chop(5, 10, rmode=1, chunk_size=800)),
            ("pychop", "f16", ", no chunks", "f64", lambda: pychop.Chop(5, 10, rmode=1, chunk_size=1 << 30))):
        yield row(title.lower(), f"{title} {name}, loop over k{note}", each, "yes", partial(loop, kind, rounder),
                  ("each", name))
    for x, what in (("f64", fused), ("f32", fused), ("f16", undefined), ("bf16", undefined)):
        yield row("jax", f"JAX {x}, jit(matmul)", what, "no", partial(jax_dot, x))
    for x, title, what, order in (*((x, f"arb_mat, {x} bits", ball, "no") for x in (160, BITS, 256)),
                                  (0, f"fmpz_mat, {BITS}-bit integers", "nothing: exact", "any")):
        yield row("python-flint", "FLINT " + title, what, order, partial(long_product, x), ("exact", "f16"))
    for x, title in (("exp", "exp"), ("tanh", "tanh"), ("__neg__", "negation: a call's own cost")):
        yield row("python-flint", f"FLINT arb {title}", ball, "", partial(function, x), (), "element")
    for x, (title, make) in itertools.product(("f64", "f32"), (("NumPy", numpy_gradient), ("JAX", jax_gradient))):
        yield row(title.lower(), f"{title} {x}", fused, "no", partial(make, x), (), "gradient")

# Measuring, in the environment.
def measure(options, failures):
    """All rows, our own first, and the share of the time in which the processor did something else."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for package in ["numpy", "ml_dtypes"] * (options.only != ["python-flint"]) + options.only:
        module = MODULES.get(package, package)
        try:
            importlib.import_module(module)
            globals()[module.split(".")[0]] = sys.modules[module.split(".")[0]]
        except Exception as problem:
            failures.setdefault(package, f"cannot be imported: {problem}")
    rows, works = [x for x in peers() if x.package in options.only], []
    seconds = partial(timeit.timeit, timer=time.process_time)
    for x in rows:
        show(f"prepares {x.name}")
        x.reason = failures.get(x.package, "")
        try:
            if x.claim and not x.reason:
                check(x)
            for shape, (m, k, n) in SHAPES.items():
                count = {"product": m * k * n, "element": VALUES, "gradient": 1e6}[x.section]
                skip = shape != "S" if x.section != "product" else options.quick and shape == "M"
                if not x.reason and not skip:
                    work, calls, least = x.make(gauss(m, k, 6), gauss(k, n, 7)), 1, 1e-3 if options.quick else 5e-3
                    work()
                    while (taken := seconds(work, number=calls)) < least:
                        calls = math.ceil(calls * min(8, 1.3 * least / taken))
                    works.append((x.cells.setdefault(shape, []), work, calls, count))
        except Exception as problem:
            x.reason = f"{type(problem).__name__}: {problem}"
    wall, busy = time.perf_counter(), time.process_time()
    for turn in range(options.rounds):
        show(f"round {turn + 1} of {options.rounds}")
        for times, work, calls, count in works:
            times.append(1e9 * seconds(work, number=calls) / calls / count)
    show("")
    return options.ours + rows, bool(works) * (1 - (time.process_time() - busy) / (time.perf_counter() - wall))

# The table.
def ours(path):
    rows, number = {}, 0
    try:
        for number, line in enumerate(pathlib.Path(path).read_text("utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                fields = line.split("\t")
                name, shape, value, rounds, order = fields + ["as named", "yes"][len(fields) - 3:]
                section, cell = ("product", shape) if shape in SHAPES else (shape, "S")
                one = rows.setdefault((SECTIONS[section], name), row("", "> " + name, rounds, order, None, (), section))
                one.cells[cell] = [float(value) / (1e6 if section == "gradient" else 1)]
    except (OSError, ValueError, KeyError):
        problem = f"line {number} is not a name, a shape and nanoseconds between tabs" if number else "cannot be read"
        raise argparse.ArgumentTypeError(f"{path}: {problem}") from None
    return list(rows.values())

def table(rows, idle, options):
    number = lambda x: "" if x is None else f"{x:,.0f}" if x >= 100 else f"{x:.2f}" if x >= 1 else f"{x:.4f}"
    line = "{:<40.40} {:<20.20} {:<5.5} {:>9} {:>9} {:>9} {:>8} {:>2}".format
    print(f"time of one processor, medians of {options.rounds} interleaved rounds; Python {platform.python_version()}",
          ", ".join(f"{x} {PINS[x]}" for x in options.only), "", sep="\n")
    print(line("", "rounds", "order", *SHAPES, "x f64", "ok"))
    for section, title in SECTIONS.items():
        part = [(x, {y: statistics.median(z) for y, z in x.cells.items()}) for x in rows if x.section == section]
        base = next((cells["S"] for x, cells in part if x.name.startswith("NumPy f64") and "S" in cells), None)
        for x, cells in part:
            print(*[title + "\n"] * (x is part[0][0]), end="")
            ratio = cells["S"] / base if base and "S" in cells else None
            print(f"{x.name[:40]:<40} not run: {' '.join(x.reason.split())}"[:110] if x.reason else line(
                x.name, x.rounds, x.order, *(number(cells.get(y)) for y in SHAPES), number(ratio), x.mark).rstrip())
    print("\nrounds: what is rounded; order: whether the order of sums is defined; x f64: S, to S of NumPy's f64;",
          "ok: = agrees with rational arithmetic rounded as claimed, ≠ does not, blank: claims nothing to check",
          *(f"≠ {x.name}: {note}" for x in rows for note in x.notes),
          *["> measured in another run: a ratio across runs is less sure"] * bool(options.ours),
          *["--quick leaves M out"] * options.quick, *[f"the processor did something else for {idle:.0%} of the time: "
          "idle, it gives surer numbers"] * (idle > 0.05), sep="\n")

# The environment.
def install(folder, packages):
    """A Python with the peers, and why some are not there."""
    binary, run = pathlib.Path(folder, "bin", "python"), partial(subprocess.run, capture_output=True, text=True)
    if not binary.exists() and (made := run([sys.executable, "-m", "venv", folder])).returncode:
        raise OSError(f"no virtual environment in {folder}: {' '.join((made.stderr or made.stdout).split())}")
    pins, failures = pathlib.Path(folder, "pins.txt"), {}
    for package in packages:
        show(f"installs {package}")
        pins.write_text("".join(f"{x}=={y}\n" for x, y in PINS.items() if x != package))
        done = run([binary, "-m", "pip", "install", "-q", "-c", pins, f"{package}=={PINS[package]}"])
        if done.returncode:
            reasons = [x.removeprefix("ERROR: ") for x in done.stderr.splitlines() if x.startswith("ERROR")]
            failures[package] = f"pip: {(reasons or ['failed'])[-1]}"
    return binary, failures

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = lambda message: parser.exit(2, f"peers.py: {message}\n")
    parser.add_argument("--rounds", type=int, metavar="N", help="of which the median is taken (7; --quick: 3)")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, without M")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=PACKAGES, default=PACKAGES, help=str(PACKAGES))
    parser.add_argument("--keep-environment", metavar="DIR", help="install there, and keep it")
    parser.add_argument("--ours", metavar="FILE", type=ours, default=[], help="the project's own kernels, see above")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = (3 if options.quick else 7) if options.rounds is None else options.rounds
    if sys.version_info < (3, 11) or options.rounds < 1:
        parser.error("needs Python 3.11 or later" if options.rounds > 0 else "--rounds needs a number from 1 up")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.inside:
        return table(*measure(options, json.loads(options.inside)), options)
    with tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True) as folder:
        try:
            binary, failures = install(options.keep_environment or folder, options.only)
        except OSError as problem:
            parser.error(str(problem))
        environment = {x: y for x, y in os.environ.items() if x != "OPENBLAS_CORETYPE"} | SETTINGS
        return subprocess.run([binary, "-I", __file__, *sys.argv[1:], "--inside", json.dumps(failures)],
                              env=environment).returncode

if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
