//! `sql` hands over to another program.

mod common;

use common::{Folder, program};

#[test]
fn without_the_program_the_way_to_it_is_said() {
    let folder = Folder::new("sql-absent");
    let output =
        program().args(["sql", "select 1", "-f", "csv"]).env("PATH", folder.path("")).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cargo install --path crates/sql --features cluster"), "{error}");
}

#[cfg(unix)]
#[test]
fn arguments_and_exit_code_are_handed_over() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("sql-found");
    let script = folder.file("rlx-fft-sql", "#!/bin/sh\nprintf '%s|' \"$@\"\nexit 7\n");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = program();
    command.args(["sql", "select 'a b'", "-f", "csv", "--plan", "--help", "-o", "x y"]);
    let path = format!("{}:{}", folder.path(""), std::env::var("PATH").unwrap_or_default());
    let output = command.env("PATH", path).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "select 'a b'|-f|csv|--plan|--help|-o|x y|");
}
