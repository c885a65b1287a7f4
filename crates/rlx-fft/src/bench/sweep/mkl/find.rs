//! Possible locations of MKL.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Environment variable that names the library or its directory.
pub(super) const VARIABLE: &str = "RLX_MKL";

/// Advice for a machine without MKL.
pub(super) const ADVICE: &str =
    "MKL (libmkl_rt) is not found: install it with `pip install mkl` or name it in RLX_MKL";

/// Returns the libraries to try, in order: the one that the variable names, or those that the loader knows, of the
/// toolkit (`MKLROOT`) and of the active environments of Python.
pub(super) fn candidates(var: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    if let Some(named) = var(VARIABLE).map(PathBuf::from) {
        return if named.is_dir() { in_directory(&named) } else { vec![named] };
    }
    let names: &[&str] = if cfg!(windows) {
        &["mkl_rt.3.dll", "mkl_rt.2.dll", "mkl_rt.dll"]
    } else {
        &["libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so"]
    };
    let mut found: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
    for (root, folders) in [
        ("MKLROOT", &["lib", "lib/intel64", "redist/intel64", "bin"][..]),
        ("VIRTUAL_ENV", &["lib", "Library/bin"]),
        ("CONDA_PREFIX", &["lib", "Library/bin"]),
    ] {
        let Some(root) = var(root).map(PathBuf::from) else { continue };
        found.extend(folders.iter().flat_map(|folder| in_directory(&root.join(folder))));
    }
    found
}

fn in_directory(directory: &Path) -> Vec<PathBuf> {
    let is_mkl = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("libmkl_rt.so") || (name.starts_with("mkl_rt.") && name.ends_with(".dll"))
    };
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(is_mkl).collect();
    found.sort();
    found
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_variable_decides_alone_and_environments_are_searched() {
        let root = std::env::temp_dir().join(format!("rlx-mkl-{}", std::process::id()));
        std::fs::create_dir_all(root.join("lib")).unwrap();
        for name in ["libmkl_rt.so.3", "libmkl_core.so.3"] {
            std::fs::write(root.join("lib").join(name), "").unwrap();
        }
        let only = |name: &'static str, value: PathBuf| {
            move |asked: &str| (asked == name).then(|| value.clone().into_os_string())
        };
        let library = root.join("lib/libmkl_rt.so.3");
        assert_eq!(candidates(&only(VARIABLE, root.join("lib"))), std::slice::from_ref(&library));
        assert_eq!(candidates(&only(VARIABLE, "/x/mine.so".into())), [PathBuf::from("/x/mine.so")]);
        let found = candidates(&only("VIRTUAL_ENV", root.clone()));
        assert_eq!((found[0].to_str(), found.last()), (Some("libmkl_rt.so.3"), Some(&library)));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
