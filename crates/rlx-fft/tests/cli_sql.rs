//! `sql` hands over to another program.

mod common;

use common::Folder;
use std::process::Command;

/// The program in a folder of its own: where it was built, `rlx-fft-sql` may be beside it.
fn program_in(folder: &Folder) -> Command {
    let built = env!("CARGO_BIN_EXE_rlx-fft");
    let here = folder.path("rlx-fft");
    if std::fs::hard_link(built, &here).is_err() {
        std::fs::copy(built, &here).unwrap();
    }
    Command::new(here)
}

#[test]
fn without_the_program_the_way_to_it_is_said() {
    let folder = Folder::new("sql-absent");
    let output = program_in(&folder)
        .args(["sql", "select 1", "-f", "csv"])
        .env("PATH", folder.path("bin"))
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cargo install --path crates/sql --features cluster"), "{error}");
}

#[cfg(unix)]
#[test]
fn arguments_and_exit_code_are_handed_over() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("sql-found");
    std::fs::create_dir(folder.path("bin")).unwrap();
    let script = folder.file("bin/rlx-fft-sql", "#!/bin/sh\nprintf '%s|' \"$@\"\nexit 7\n");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = program_in(&folder);
    command.args(["sql", "select 'a b'", "-f", "csv", "--plan", "--help", "-o", "x y"]);
    let path = format!("{}:{}", folder.path("bin"), std::env::var("PATH").unwrap_or_default());
    let output = command.env("PATH", path).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "select 'a b'|-f|csv|--plan|--help|-o|x y|");
}
