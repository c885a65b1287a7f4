//! Possible locations of the compiler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Environment variable that names the library or its directory.
pub(super) const VARIABLE: &str = "RLX_NVRTC";

/// Advice for a machine without NVRTC.
pub(super) const ADVICE: &str = "install it with `pip install nvidia-cuda-nvrtc` (`nvidia-cuda-nvrtc-cu12` for a driver of \
                                 CUDA 12), or the CUDA toolkit, or name the library in RLX_NVRTC";

/// Places to search, in order.
pub(super) struct Places<'a> {
    /// Reads a variable of the environment; empty ones count as absent.
    pub(super) var: &'a dyn Fn(&str) -> Option<OsString>,
    /// CUDA's major version that the driver runs: compilers of that major come first, then older ones.
    pub(super) driver_major: Option<i32>,
    /// The package directories of the active Python, requested only after everything else has failed.
    pub(super) python: &'a dyn Fn() -> Vec<PathBuf>,
}

/// A library to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// A path, or a bare name for the loader.
    pub(super) path: PathBuf,
    /// Major version in its name.
    pub(super) major: Option<i32>,
}

impl Places<'_> {
    /// Returns the library that the variable names, if it is set.
    pub(super) fn named(&self) -> Option<Vec<Candidate>> {
        let path = PathBuf::from((self.var)(VARIABLE)?);
        Some(if path.is_dir() { self.ordered(in_directory(&path)) } else { vec![candidate(path)] })
    }

    /// Returns names that the loader may know.
    pub(super) fn of_loader(&self) -> Vec<Candidate> {
        let names: &[&str] = if cfg!(windows) {
            &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"]
        } else {
            &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"]
        };
        self.ordered(names.iter().map(PathBuf::from).map(candidate).collect())
    }

    /// Returns the toolkit's libraries.
    pub(super) fn of_toolkit(&self) -> Vec<Candidate> {
        let roots =
            ["CUDA_PATH", "CUDA_HOME"].into_iter().filter_map(|name| (self.var)(name)).map(PathBuf::from);
        let usual = (!cfg!(windows)).then(|| PathBuf::from("/usr/local/cuda"));
        let mut found = Vec::new();
        for root in roots.chain(usual) {
            for below in
                ["lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib", "bin", "bin/x64"]
            {
                found.extend(in_directory(&root.join(below)));
            }
        }
        self.ordered(found)
    }

    /// Returns the libraries that `pip` installed into the active environment, otherwise into the first Python of the
    /// path.
    pub(super) fn of_python(&self) -> Vec<Candidate> {
        let active =
            (self.var)("VIRTUAL_ENV").map(|root| site_packages(Path::new(&root))).unwrap_or_default();
        let in_sites = |sites: &[PathBuf]| -> Vec<Candidate> {
            let packages = sites.iter().flat_map(|site| directories(&site.join("nvidia")));
            self.ordered(
                packages
                    .flat_map(|p| [p.join("lib"), p.join("bin")])
                    .flat_map(|d| in_directory(&d))
                    .collect(),
            )
        };
        let found = in_sites(&active);
        if found.is_empty() { in_sites(&(self.python)()) } else { found }
    }

    /// Orders libraries: the driver's major version first, then older ones from the newest, and newer ones, which a
    /// driver may reject, last.
    fn ordered(&self, mut found: Vec<Candidate>) -> Vec<Candidate> {
        let rank = |c: &Candidate| match (self.driver_major, c.major) {
            (Some(driver), Some(major)) if major > driver => (2, major),
            (_, Some(major)) => (0, -major),
            (_, None) => (1, 0),
        };
        found.sort_by_key(rank);
        found
    }
}

fn candidate(path: PathBuf) -> Candidate {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let digits = match name.strip_prefix("libnvrtc.so.") {
        Some(version) => version.split('.').next().map(str::to_owned),
        // nvrtc64_120_0.dll: two digits of major, one of minor.
        None => name.strip_prefix("nvrtc64_").and_then(|v| v.get(..2)).map(str::to_owned),
    };
    Candidate { path, major: digits.and_then(|d| d.parse().ok()) }
}

/// Returns the compilers in a directory, without their tables of built-ins and the alternative builds.
fn in_directory(directory: &Path) -> Vec<Candidate> {
    let is_nvrtc = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with("libnvrtc.so")
            || (name.starts_with("nvrtc64_") && name.ends_with(".dll") && !name.contains("alt"))
    };
    entries(directory).into_iter().filter(is_nvrtc).map(candidate).collect()
}

/// Returns `lib/python*/site-packages` (Windows: `Lib/site-packages`) of an environment.
fn site_packages(root: &Path) -> Vec<PathBuf> {
    let of_versions = directories(&root.join("lib")).into_iter().map(|d| d.join("site-packages"));
    of_versions.chain([root.join("Lib").join("site-packages")]).filter(|d| d.is_dir()).collect()
}

fn directories(parent: &Path) -> Vec<PathBuf> {
    entries(parent).into_iter().filter(|p| p.is_dir()).collect()
}

/// Returns the entries of a directory in order of name; none if it cannot be read.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    paths
}

/// Asks the Python of the path for its package directories.
pub(super) fn ask_python() -> Vec<PathBuf> {
    let script = "import sysconfig, site\n\
                  paths = [sysconfig.get_paths()[k] for k in ('purelib', 'platlib')]\n\
                  paths += getattr(site, 'getsitepackages', list)() + [site.getusersitepackages()]\n\
                  print('\\n'.join(dict.fromkeys(paths)))";
    let python = if cfg!(windows) { "python" } else { "python3" };
    let Ok(output) = Command::new(python).args(["-c", script]).output() else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout).lines().map(PathBuf::from).filter(|p| p.is_dir()).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::HashMap;
    use std::fs;

    use super::*;

    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str, files: &[&str]) -> Self {
            let root = std::env::temp_dir().join(format!("rlx-nvrtc-{name}-{}", std::process::id()));
            for file in files {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            Self(root)
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn names(found: &[Candidate]) -> Vec<String> {
        found.iter().map(|c| c.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_drivers_own_major_comes_first_and_newer_ones_last() {
        for (driver, first, last) in [
            (Some(13), "libnvrtc.so.13", "libnvrtc.so"),
            (Some(12), "libnvrtc.so.12", "libnvrtc.so.13"),
            (None, "libnvrtc.so.13", "libnvrtc.so"),
        ] {
            let places = Places { var: &|_| None, driver_major: driver, python: &Vec::new };
            let found = names(&places.of_loader());
            assert_eq!((found[0].as_str(), found.last().unwrap().as_str()), (first, last));
        }
    }

    #[test]
    fn the_variable_names_a_file_or_a_directory() {
        let tree = Tree::new("named", &["libnvrtc.so.12", "libnvrtc.so.13", "libnvrtc-builtins.so.13.0"]);
        let of = |value: OsString| {
            let var = move |name: &str| (name == VARIABLE).then(|| value.clone());
            let places = Places { var: &var, driver_major: Some(12), python: &Vec::new };
            names(&places.named().unwrap())
        };
        assert_eq!(of(tree.0.clone().into()), ["libnvrtc.so.12", "libnvrtc.so.13"]);
        assert_eq!(of("/somewhere/my-nvrtc.so".into()), ["my-nvrtc.so"]);
        let places = Places { var: &|_| None, driver_major: None, python: &Vec::new };
        assert_eq!(places.named(), None);
    }

    #[test]
    fn toolkits_and_environments_are_looked_through() {
        let tree = Tree::new(
            "places",
            &[
                "toolkit/lib64/libnvrtc.so.12",
                "venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
                "venv/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
                "system/nvidia/cu13/lib/libnvrtc.so.13",
            ],
        );
        let vars =
            HashMap::from([("CUDA_PATH", tree.0.join("toolkit")), ("VIRTUAL_ENV", tree.0.join("venv"))]);
        let var = |name: &str| vars.get(name).map(|p| p.clone().into_os_string());
        let never = || -> Vec<PathBuf> { panic!("an active environment has one") };
        let places = Places { var: &var, driver_major: Some(13), python: &never };
        assert!(names(&places.of_toolkit()).contains(&"libnvrtc.so.12".to_owned()));
        assert_eq!(names(&places.of_python()), ["libnvrtc.so.13", "libnvrtc.so.12"]);
        let system = || vec![tree.0.join("system")];
        let places = Places { var: &|_| None, driver_major: Some(13), python: &system };
        assert_eq!(names(&places.of_python()), ["libnvrtc.so.13"]);
    }
}
