# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_precision_probe_global_optspecs
    string join \n act= depth= width= init= gain= bias bias-std= residual data= batch= trials= seed= weights= layers-from= net= loss= dtype= formats= loss-scale= attribute= truth-bits= truth= compare= compare-scale= out= details layers json= q/quiet fail-on= output-format= force theme= export-md= export-csv= export-html= export= threads= memory= h/help V/version
end

function __fish_precision_probe_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_precision_probe_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_precision_probe_using_subcommand
    set -l cmd (__fish_precision_probe_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c precision-probe -n "__fish_precision_probe_needs_command" -l act -d 'Activation function, or several separated by commas to compare on the same draws; `all` compares every one' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l depth -d 'Number of hidden layers; a linear output layer follows' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l width -d 'Units per hidden layer' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l init -d 'Weight initialisation: preserve (alias he; keeps the variance of the activations), kaiming (with torch\'s calculate_gain), xavier (glorot), lecun, torch (nn.Linear\'s default, implies --bias) or orthogonal' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l gain -d 'Gain (standard deviation × √fan-in) of preserve, kaiming, xavier or orthogonal, instead of the default one' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l bias-std -d 'Standard deviation of drawn biases (σ_b), instead of 0.1; implies --bias, and 0 leaves biases out' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l data -d 'digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a safetensors or npz FILE' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l batch -d 'Batch size' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l trials -d 'Number of trials, each with a network and a batch of its own' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l seed -d 'Random seed' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l weights -d 'Use your own network, from safetensors, npz or the index.json of a sharded checkpoint; give its activations with --act or --net' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l layers-from -d 'Use only these layers of --weights, in this order: fc1,fc2,head [default: all, by number or else in file order]' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l net -d 'TOML file with the activations of --weights: activation = "relu", or activations = ["relu", "tanh"] with one name per hidden layer' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l loss -d 'How to read y of --data FILE if its type leaves this open: cross-entropy (class indices) or mse (targets, even if every row is a probability distribution)' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l dtype -d 'Element type of untyped (`V1`, `V2`) arrays in npz and npy files: bfloat16, float16, float8_e4m3fn or float8_e5m2' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l formats -d 'Precisions to compare, separated by commas: a format such as f16, a format with options such as f16:acc=f32, or a preset' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l loss-scale -d 'Multiply the loss by this power of two and divide the gradients by it exactly; auto finds the smallest scale, for each precision, at which the format\'s limited range costs no accuracy' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l attribute -d 'Find the sources of rounding noise and try remedies: narrow (precisions of at most 24 significand bits), all (wider ones too, with MPFR and many times slower) or none' -r -f -a "narrow\t''
all\t''
none\t''"
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l truth-bits -d 'Proven accuracy of the exact gradient (reference) in every layer, in bits' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l truth -d 'Proof of the exact gradient (reference): norm-wise error bounds, enclosures in ball arithmetic (slower), or both, which must agree' -r -f -a "norm\t''
enclosure\t''
both\t''"
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l compare -d 'Compare gradients that another program computed from --weights and --data FILE with the exact ones, under this name; may be repeated' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l compare-scale -d 'Divide compared gradients by this power of two, the loss scale of the other program: 1024, or torch=1024 for one file' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l out -d 'Output directory [default: reports/default, or a folder in reports named after the network]' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l json -d 'Print only JSON: the record, or with --json=summary the conclusions' -r -f -a "record\t''
summary\t''"
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l fail-on -d 'Exit with status 3 and a reason if layer 1 reaches this verdict or a more severe one, in any precision or in the one after @' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l output-format -d 'Print text, or an annotation in a GitHub workflow\'s log for each precision that is not sound' -r -f -a "text\t''
github\t''"
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l theme -d 'Background of the plots' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l export-md -d 'Also write the printed table as GitHub Markdown (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l export-csv -d 'Also write summary.csv, one row per precision and layer, to FILE (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l export-html -d 'Also write the page with plots and a sortable table, like report.html (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l export -d 'Write trial 1 for other programs, as safetensors: the network, the batch, the exact gradients and those of every precision' -r -F
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l threads -d 'Number of threads; the results do not depend on it [default: one per core]' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l memory -d 'Memory limit, such as 2GiB or 500MB; within a tight limit the backward pass recomputes values, with the same results [default: the free memory]' -r
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l bias -d 'Add biases'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l residual -d 'Add skip connections around the hidden layers, where shapes agree: a = s·φ(z) + a_prev with s = 1/√depth, rounded like the parameters'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l details -d 'Also print the setup, branch flips, sources of the noise, remedies tried and theory'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l layers -d 'Print every layer'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -s q -l quiet -d 'Print only errors, the reason for exit status 3 and, with --json, the record'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -l force -d 'Overwrite a report with other options, and exported files with other contents'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -s V -l version -d 'Print version'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "report" -d 'Redraw the plots, page and tables of a stored record without measuring again'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "audit" -d 'Check gradients from another program against the exact ones'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "law" -d 'Measure how rounding noise falls with precision (noise ∝ u^β, u = 2^-bits)'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "train" -d 'Train a network in several precisions, and report when and why learning stops'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "study" -d 'Reproduce the leaky-vs-ReLU study: six claims with numbers, intervals and plots'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "sweep" -d 'Measure many networks: activations, depths and any other option, each with several values'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "formats" -d 'List the number formats with their constants, or show one with its codes'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "round" -d 'Round numbers to a format and show the error'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "activations" -d 'List the activations with their kinks, bounds and gains, or show and plot one'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "selfcheck" -d 'Verify that this build rounds correctly on this machine (exit status 1 if not)'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "schema" -d 'List the JSON documents that this program writes, or print the JSON Schema of one (draft 2020-12)'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "completions" -d 'Print a shell completion script'
complete -c precision-probe -n "__fish_precision_probe_needs_command" -f -a "man" -d 'Print the manual page'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l out -d 'Output directory, which also gets a copy of the record [default: the record\'s directory]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l theme -d 'Background of the plots' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l export-md -d 'Also write the printed table as GitHub Markdown (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l export-csv -d 'Also write summary.csv, one row per precision and layer, to FILE (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l export-html -d 'Also write the page with plots and a sortable table, like report.html (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l force -d 'Overwrite a report with other options, and exported files with other contents'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l details -d 'Also print the setup, branch flips, sources of the noise, remedies tried and theory, or for other records the details of their command'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -l layers -d 'Print every layer'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -s q -l quiet -d 'Print only errors'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l act -d 'Activation function of the network, unless --weights or --net gives it' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l data -d 'Batch: a safetensors or npz FILE with inputs x [batch × features] and y, integer class labels [batch] or regression targets [batch × outputs]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l weights -d 'Use your own network, from safetensors, npz or the index.json of a sharded checkpoint; give its activations with --act or --net' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l layers-from -d 'Use only these layers of --weights, in this order: fc1,fc2,head [default: all, by number or else in file order]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l net -d 'TOML file with the activations of --weights: activation = "relu", or activations = ["relu", "tanh"] with one name per hidden layer' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l loss -d 'How to read y of --data FILE if its type leaves this open: cross-entropy (class indices) or mse (targets, even if every row is a probability distribution)' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l dtype -d 'Element type of untyped (`V1`, `V2`) arrays in npz and npy files: bfloat16, float16, float8_e4m3fn or float8_e5m2' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l compare -d 'Compare gradients that another program computed from --weights and --data FILE with the exact ones, under this name; may be repeated' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l compare-scale -d 'Divide compared gradients by this power of two, the loss scale of the other program: 1024, or torch=1024 for one file' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l as -d 'Expected arithmetic [default: the one that an export of this program names, else by element type f16:acc=f32, bf16:acc=f32, f32 or f64; other likely ones are tried as well, and the best match is reported]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l max-excess -d 'Exit with status 3 if a layer\'s error exceeds the expected error by more than BITS [default: 1 decides between PASS and FAIL, and the exit status is 0]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l truth-bits -d 'Proven accuracy of the exact gradient (reference) in every layer, in bits' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l truth -d 'Proof of the exact gradient (reference): norm-wise error bounds, enclosures in ball arithmetic (slower), or both, which must agree' -r -f -a "norm\t''
enclosure\t''
both\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l out -d 'Output directory [default: in reports/, named after the network and the options]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l json -d 'Print only JSON: the record, or with --json=summary the verdict, excess and noise of every layer' -r -f -a "record\t''
summary\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l theme -d 'Background of the plots' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l export-md -d 'Also write the printed table as GitHub Markdown (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l export-csv -d 'Also write summary.csv, one row per precision and layer, to FILE (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l export-html -d 'Also write the page with plots and a sortable table, like report.html (- for standard output)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l threads -d 'Number of threads; the results do not depend on it [default: one per core]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l memory -d 'Memory limit, such as 2GiB or 500MB; within a tight limit the backward pass recomputes values, with the same results [default: the free memory]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l details -d 'Print all tables, the meaning of their columns, and how the file\'s tensors were matched'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l layers -d 'Print every layer instead of the ten worst; with --details, the layers of every precision'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -s q -l quiet -d 'Print only errors, the reason for exit status 3 and, with --json, the record'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -l force -d 'Overwrite a report with other options, and exported files with other contents'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l act -d 'Activation functions of the main command, separated by commas, or `all`' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l depth -d 'Number of hidden layers; a linear output layer follows' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l width -d 'Units per hidden layer' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l init -d 'Weight initialisation: preserve (alias he; keeps the variance of the activations), kaiming (with torch\'s calculate_gain), xavier (glorot), lecun, torch (nn.Linear\'s default, implies --bias) or orthogonal' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l gain -d 'Gain (standard deviation × √fan-in) of preserve, kaiming, xavier or orthogonal, instead of the default one' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l bias-std -d 'Standard deviation of drawn biases (σ_b), instead of 0.1; implies --bias, and 0 leaves biases out' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l weights -d 'Use your own network, from safetensors, npz or the index.json of a sharded checkpoint; give its activations with --act or --net' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l layers-from -d 'Use only these layers of --weights, in this order: fc1,fc2,head [default: all, by number or else in file order]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l net -d 'TOML file with the activations of --weights: activation = "relu", or activations = ["relu", "tanh"] with one name per hidden layer' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l loss -d 'How to read y of --data FILE if its type leaves this open: cross-entropy (class indices) or mse (targets, even if every row is a probability distribution)' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l dtype -d 'Element type of untyped (`V1`, `V2`) arrays in npz and npy files: bfloat16, float16, float8_e4m3fn or float8_e5m2' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l data -d 'digits (handwritten digits, cross-entropy), gaussian (regression, mean squared error), or a safetensors or npz FILE from whose rows each trial draws a batch' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l batch -d 'Batch size' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l trials -d 'Number of trials, each with a network (unless --weights gives it) and a batch of its own; rare branch flips need many trials' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l seed -d 'Random seed, also of the bootstrap' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l bits -d 'At least three precisions from 2 to 53 significand bits: an inclusive range (6..24), a list (8,11,24) or both (6..11,24); each is measured as mpfr:BITS' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l truth-bits -d 'Proven accuracy of the exact gradient (reference) in every layer, in bits' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l truth -d 'Proof of the exact gradient (reference): norm-wise error bounds, enclosures in ball arithmetic (slower), or both, which must agree' -r -f -a "norm\t''
enclosure\t''
both\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l out -d 'Output directory [default: in reports/, named after the network and the options]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l theme -d 'Background of the plot' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l threads -d 'Number of threads; the results do not depend on it [default: one per core]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l memory -d 'Memory limit, such as 2GiB or 500MB; within a tight limit the backward pass recomputes values, with the same results [default: the free memory]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l bias -d 'Add biases'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l residual -d 'Add skip connections around the hidden layers, where shapes agree: a = s·φ(z) + a_prev with s = 1/√depth, rounded like the parameters'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l details -d 'Also print the exponents β of every regime, the meaning of the columns, and a sentence for each activation'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l json -d 'Print only law.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -s q -l quiet -d 'Print only errors and, with --json, law.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -l force -d 'Overwrite a report with other options'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand law" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l act -d 'Activation functions of the main command, separated by commas, or `all`; prelu learns its slopes' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l depth -d 'Number of hidden layers; a linear output layer follows' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l width -d 'Units per hidden layer' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l init -d 'Weight initialisation: preserve (alias he; keeps the variance of the activations), kaiming (with torch\'s calculate_gain), xavier (glorot), lecun, torch (nn.Linear\'s default, implies --bias) or orthogonal' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l gain -d 'Gain (standard deviation × √fan-in) of preserve, kaiming, xavier or orthogonal, instead of the default one' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l data -d 'digits (handwritten digits, cross-entropy), or a safetensors or npz FILE' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l batch -d 'Minibatch size; every epoch visits the rows in a new order' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l trials -d 'Number of trials: trainings with consecutive seeds, each with networks and a data order of its own' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l seed -d 'Random seed' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l weights -d 'Use your own network, from safetensors, npz or the index.json of a sharded checkpoint; give its activations with --act or --net' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l layers-from -d 'Use only these layers of --weights, in this order: fc1,fc2,head [default: all, by number or else in file order]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l net -d 'TOML file with the activations of --weights: activation = "relu", or activations = ["relu", "tanh"] with one name per hidden layer' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l loss -d 'How to read y of --data FILE if its type leaves this open: cross-entropy (class indices) or mse (targets, even if every row is a probability distribution)' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l dtype -d 'Element type of untyped (`V1`, `V2`) arrays in npz and npy files: bfloat16, float16, float8_e4m3fn or float8_e5m2' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l formats -d 'Precisions to compare, separated by commas, as in the main command but with at most 53 significand bits' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l loss-scale -d 'Multiply the loss by this power of two and divide the gradients by it; or dynamic[=N], like torch.amp.GradScaler' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l truth-bits -d 'Proven accuracy of the exact gradient (reference) in every layer, in bits' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l truth -d 'Proof of the exact gradient (reference): norm-wise error bounds, enclosures in ball arithmetic (slower), or both, which must agree' -r -f -a "norm\t''
enclosure\t''
both\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l steps -d 'Number of training steps' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l optimizer -d 'Optimiser, as in torch.optim: SGD without momentum, SGD with momentum 0.9, Adam or AdamW' -r -f -a "sgd\t''
momentum\t''
adam\t''
adamw\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l lr -d 'Learning rate [default: 0.001, as in torch.optim]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l momentum -d 'Momentum of SGD [default: 0.9 for --optimizer momentum]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l dampening -d 'Dampening of SGD\'s momentum [default: 0]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l beta1 -d 'β₁ of Adam and AdamW [default: 0.9]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l beta2 -d 'β₂ of Adam and AdamW [default: 0.999]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l epsilon -d 'ε of Adam and AdamW [default: 1e-8]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l weight-decay -d 'Weight decay, decoupled in AdamW [default: 0, or 0.01 for AdamW]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l warmup -d 'Number of linear warm-up steps' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l clip-norm -d 'Clip the norm of all gradients together, like torch.nn.utils.clip_grad_norm_' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l measure -d 'Steps at which gradients and updates are compared with the exact ones: every=N, log=POINTS, or none; the last step is always included' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l minibatches -d 'Number of minibatches that estimate minibatch noise at every measured step [default: 8, or fewer if the training rows do not fill 8]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l target-loss -d 'Report the first step that reaches this loss (mean over 20 minibatches)' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l out -d 'Output directory [default: in reports/, named after the network and the options]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l theme -d 'Background of the plots' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l threads -d 'Number of threads; the results do not depend on it [default: one per core]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l memory -d 'Memory limit, such as 2GiB or 500MB; within a tight limit the backward pass recomputes values, with the same results [default: the free memory]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l bias -d 'Add biases'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l residual -d 'Add skip connections around the hidden layers, where shapes agree: a = s·φ(z) + a_prev with s = 1/√depth, rounded like the parameters'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l nesterov -d 'Use Nesterov momentum'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l cosine -d 'Cosine decay of the learning rate to 0'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l resume -d 'Resume from the checkpoint of a stopped training; the result has the same bytes as an uninterrupted one'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l details -d 'Also print every measured quantity, in sentences'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l json -d 'Print only training.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -s q -l quiet -d 'Print only errors and, with --json, training.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -l force -d 'Overwrite a report with other options'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand train" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l seed -d 'Random seed' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l out -d 'Output directory [default: reports/study-leaky-vs-relu]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l theme -d 'Background of the plots' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l threads -d 'Number of threads; the results do not depend on it [default: one per core]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l thorough -d 'Use more draws and longer trainings; takes many hours'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l resume -d 'Resume from the checkpoint of a stopped study; the result has the same bytes as an uninterrupted one'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l details -d 'Also print the reasons and the deciding numbers of every claim'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l json -d 'Print only study.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -s q -l quiet -d 'Print only errors and, with --json, study.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -l force -d 'Overwrite a report with other options'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand study" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l act -d 'Activation function, or several separated by commas to compare on the same draws; `all` compares every one [default: leaky]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l depth -d 'Number of hidden layers; a linear output layer follows [default: 50]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l width -d 'Units per hidden layer [default: 64]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l init -d 'Weight initialisation: preserve (alias he; keeps the variance of the activations), kaiming (with torch\'s calculate_gain), xavier (glorot), lecun, torch (nn.Linear\'s default, implies --bias) or orthogonal [default: preserve]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l gain -d 'Gain (standard deviation × √fan-in) of preserve, kaiming, xavier or orthogonal, instead of the default one' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l bias -d 'Add biases [default: off]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l bias-std -d 'Standard deviation of drawn biases (σ_b), instead of 0.1; implies --bias, and 0 leaves biases out' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l residual -d 'Add skip connections around the hidden layers, where shapes agree: a = s·φ(z) + a_prev with s = 1/√depth, rounded like the parameters [default: off]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l data -d 'digits (handwritten digits, cross-entropy) or gaussian (regression, mean squared error) [default: digits]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l batch -d 'Batch size [default: 32]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l trials -d 'Number of trials, each with a network and a batch of its own [default: 5]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l seed -d 'Random seed [default: 0]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l formats -d 'Precisions to compare, separated by commas: a format such as f16, a format with options such as f16:acc=f32, or a preset [default: f16:acc=f32,bf16:acc=f32,f16,f32,f64]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l loss-scale -d 'Multiply the loss by this power of two and divide the gradients by it exactly; auto finds the smallest scale, for each precision, at which the format\'s limited range costs no accuracy [default: 1]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l attribute -d 'Find the sources of rounding noise and try remedies: narrow (precisions of at most 24 significand bits), all (wider ones too, with MPFR and many times slower) or none [default: none]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l truth-bits -d 'Proven accuracy of the exact gradient (reference) in every layer, in bits [default: 80]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l truth -d 'Proof of the exact gradient (reference): norm-wise error bounds, enclosures in ball arithmetic (slower), or both, which must agree [default: norm]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l bits -d 'Precisions mpfr:BITS of so many significand bits, instead of --formats: 6..24 or 8,11,24' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l plan -d 'Read the sweep from a TOML file with the tables [spec] and [axes], or from the plan.json of another sweep; options replace its fields' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l shard -d 'Measure only this part of the cells: 2/8, or auto/8 in an array job of Slurm, Grid Engine, PBS or Kubernetes; writes to DIR/shard-2-of-8, for `sweep merge`' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l out -d 'Output directory [default: in reports/, named after the sweep]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l theme -d 'Background of the plots' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l slurm -d 'Measure with Slurm: write an array job of so many tasks, and a job that merges their parts, into the output directory, and submit both [default: tasks of about 10 minutes, at most 1000]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l slurm-args -d 'Options of sbatch for both jobs, such as "--partition=long --time=2:00:00"' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l threads -d 'Number of threads; the results do not depend on it [default: one per core]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l memory -d 'Memory limit, such as 2GiB or 500MB; within a tight limit the backward pass recomputes values, with the same results [default: the free memory]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l horizon -d 'Find the horizons by bisection: measure only the depths of --depth that they depend on'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l dry-run -d 'Print the plan and stop'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l resume -d 'Go on with the sweep in the output directory, if it was begun'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l records -d 'Keep the record of every cell'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l details -d 'Also print every horizon with its intervals'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l json -d 'Print only sweep.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -s q -l quiet -d 'Print only errors and, with --json, sweep.json'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l force -d 'Begin again, and overwrite another sweep'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -l slurm-only-write -d 'Write the two jobs and print the commands that submit them'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand sweep" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand formats" -l all -d 'Print every constant, alias, source and option'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand formats" -l json -d 'Print JSON: a list `formats` of constants; with NAME also its `codes` (null beyond 8 bits)'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand formats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l formats -d 'Precisions to round to, separated by commas, as in the main command: f16, bf16:round=up, e4m3fn:saturate, …; only one with --npy [default: f32,tf32,bf16,f16,e5m2,e4m3fn]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l operands -d 'Quantise the array of --npy like a factor of a matrix product: mxfp8, mxfp8-e5m2, mxfp6, mxfp6-e3m2, mxfp4 (each also with -rceil), nvfp4, amax-e4m3fn, amax-e5m2, tile-e4m3fn, or a format' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l along -d 'Direction of the blocks of --operands: rows or columns [default: rows]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l random -d 'Random integer of every stochastic rounding [default: depends on the entry\'s position, with key 0]' -r
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l npy -d 'Round every entry of this array (npy, at most two axes, read exactly) instead of values' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l out -d 'Output file of --npy, as float64 (- for standard output, where nothing else is printed then)' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l sum -d 'Sum every row of the array of --npy: round the entries to the format, then add them with its accumulator and order'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l force -d 'Overwrite the file of --out if its contents differ'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -l json -d 'Print JSON: a list `rounded` of results, codes, errors and events, or with --npy the counts'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand round" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand activations" -l out -d 'Output directory of the plot [default: reports/activations]' -r -F
complete -c precision-probe -n "__fish_precision_probe_using_subcommand activations" -l theme -d 'Background of the plot' -r -f -a "light\t''
dark\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand activations" -l edge -d 'Print the edge of chaos of all activations: the weights\' σ_w with which both the variance of pre-activations and the gradient\'s mean square stay, for biases of σ_b = 0, 0.1 and 0.2'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand activations" -l force -d 'Overwrite a plot with other contents'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand activations" -l json -d 'Print JSON and draw nothing: a list `activations` with all numbers in full; infinite ends of segments are null'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand activations" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand selfcheck" -l only -d 'Run only these groups of checks, separated by commas [default: all]' -r -f -a "rounding\t''
faults\t''
kernels\t''
mpfr\t''
functions\t''"
complete -c precision-probe -n "__fish_precision_probe_using_subcommand selfcheck" -s v -l verbose -d 'Print every check and code path instead of one line per group'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand selfcheck" -l json -d 'Print JSON: a list `checks` with the rows of the table, and the `first` mismatches of each'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand selfcheck" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c precision-probe -n "__fish_precision_probe_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
