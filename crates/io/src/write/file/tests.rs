use super::*;
use std::fs;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn write(path: &Path, text: &str) -> Result<()> {
    let mut out = OutputFile::create(path)?;
    out.write_all(text.as_bytes()).unwrap();
    out.commit()
}

#[test]
fn committed_file_replaces_the_old_one_and_leaves_no_temporary() {
    let dir = folder();
    let path = dir.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let mut out = OutputFile::create(&path).unwrap();
    out.write_all(b"new").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    out.commit().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    assert_eq!(names(dir.path()), ["out.csv"]);
}

#[test]
fn dropped_file_leaves_nothing() {
    let dir = folder();
    let mut out = OutputFile::create(&dir.path().join("out.csv")).unwrap();
    out.write_all(b"half").unwrap();
    drop(out);
    assert_eq!(names(dir.path()).len(), 0);
}

#[test]
fn a_header_can_be_written_again() {
    let dir = folder();
    let path = dir.path().join("out");
    let mut out = OutputFile::create(&path).unwrap();
    out.write_all(b"????and more").unwrap();
    out.rewrite(0, b"head").unwrap();
    out.write_all(b", and the end").unwrap();
    out.commit().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "headand more, and the end");
}

#[test]
fn many_at_once_have_names_of_their_own() {
    let dir = folder();
    let path = dir.path().join("out");
    let all: Vec<_> = (0..50).map(|_| OutputFile::create(&path).unwrap()).collect();
    let mut found = names(dir.path());
    found.dedup();
    assert_eq!(found.len(), 50);
    assert!(found.iter().all(|name| name.starts_with(".rlx-fft-") && name.ends_with(".tmp")));
    drop(all);
    assert_eq!(names(dir.path()).len(), 0);
}

#[cfg(unix)]
#[test]
fn links_are_what_they_are_for_cp() {
    use std::os::unix::fs::symlink;
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("real"), "old").unwrap();
    symlink(at("real"), at("link")).unwrap();
    write(&at("link"), "new").unwrap();
    assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(at("real")).unwrap(), "new");

    symlink(at("nothing"), at("dangling")).unwrap();
    symlink(at("a"), at("b")).unwrap();
    symlink(at("b"), at("a")).unwrap();
    let before = names(dir.path());
    for (name, words) in [("dangling", "link"), ("a", "symbolic links")] {
        let message = write(&at(name), "x").unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(names(dir.path()), before);
    assert!(fs::symlink_metadata(at("dangling")).unwrap().is_symlink());

    fs::hard_link(at("real"), at("twin")).unwrap();
    write(&at("twin"), "both, shorter or longer").unwrap();
    assert_eq!(fs::read_to_string(at("real")).unwrap(), "both, shorter or longer");
    write(&at("real"), "s").unwrap();
    assert_eq!(fs::read_to_string(at("twin")).unwrap(), "s");
}

#[cfg(unix)]
#[test]
fn modes_stay() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let path = dir.path().join("out");
    for mode in [0o600, 0o640, 0o664, 0o755] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode);
    }
}

#[cfg(unix)]
#[test]
fn devices_are_fed() {
    write(Path::new("/dev/null"), "gone").unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_is_said_so() {
    let message = write(Path::new("/dev/full"), "x").unwrap_err().to_string();
    assert!(message.contains("/dev/full") && message.contains("disk is full"), "{message}");
    assert!(!message.contains("partial"), "{message}");
}
