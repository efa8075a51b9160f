//! Whether matrices that are called `W` are stored as out × in or as in × out, which their name does not say.

use super::names::{Role, natural};
use super::state::Module;
use crate::quote::listed;

/// Gives every matrix without an orientation that of all of them together: the one that their biases and the layers
/// before them fit, else out × in. The note says so where both fit.
pub(super) fn settle(modules: &mut [Module]) -> Option<String> {
    let mut matrices: Vec<&mut Module> = modules.iter_mut().filter(|module| module.role == Role::Matrix).collect();
    if matrices.is_empty() {
        return None;
    }
    matrices.sort_by(|a, b| natural(&a.name, &b.name));
    let fits = |role: Role, whole: bool| {
        let sizes: Option<Vec<(usize, usize)>> = matrices.iter().map(|module| sizes(module, role)).collect();
        let has_biases = |(module, (_, outputs)): (&&mut Module, &(usize, usize))| {
            module.bias.as_ref().is_none_or(|bias| bias.shape == [*outputs])
        };
        sizes.is_some_and(|sizes| {
            matrices.iter().zip(&sizes).all(has_biases)
                && (!whole || sizes.windows(2).all(|pair| pair[0].1 == pair[1].0))
        })
    };
    let [weights, kernels] = [Role::Weight, Role::Kernel].map(|role| fits(role, true));
    let is_kernel = match (weights, kernels) {
        // Layers that are left out later need not fit.
        (false, false) => fits(Role::Kernel, false) && !fits(Role::Weight, false),
        (weights, _) => !weights,
    };
    for module in &mut matrices {
        module.role = if is_kernel { Role::Kernel } else { Role::Weight };
    }
    let names: Vec<String> = matrices.iter().map(|module| format!("`{}`", module.weight.name)).collect();
    (weights && kernels).then(|| {
        format!(
            "their shapes fit either way, read as out × in (transpose them if they are in × out): {}",
            listed(&names)
        )
    })
}

/// Inputs and outputs of a matrix; `None` for anything else.
fn sizes(module: &Module, role: Role) -> Option<(usize, usize)> {
    match module.weight.shape[..] {
        [a, b] if role == Role::Kernel => Some((a, b)),
        [a, b] => Some((b, a)),
        _ => None,
    }
}
