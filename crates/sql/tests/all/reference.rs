//! The documentation is made of the descriptors.

#[test]
fn the_page_is_the_one_in_the_repository() {
    let page = include_str!("../../../../docs/sql-functions.md");
    let (_, body) = page.split_once("\n\n").unwrap();
    if body != rlx_sql::reference() && std::env::var_os("RLX_WRITE_DOCS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sql-functions.md");
        let (head, _) = page.split_once("\n\n").unwrap();
        std::fs::write(path, format!("{head}\n\n{}", rlx_sql::reference())).unwrap();
        return;
    }
    assert_eq!(body, rlx_sql::reference(), "RLX_WRITE_DOCS=1 writes it anew");
}

#[test]
fn every_function_is_documented_in_the_engines_manner() {
    for function in rlx_sql::scalar_functions() {
        let documentation = function.documentation().unwrap();
        assert!(documentation.syntax_example.starts_with(function.name()));
        let names = function.signature().parameter_names.clone().unwrap();
        assert_eq!(names.len(), documentation.arguments.as_ref().unwrap().len());
    }
    for function in rlx_sql::aggregate_functions() {
        assert!(function.documentation().unwrap().sql_example.is_some(), "{}", function.name());
    }
}
