//! The layout of the source: imports run one way, without cycles, and folders are small and say what they hold.

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use imports::{Crate, File, Module};
use proc_macro2::{Group, TokenStream, TokenTree};

/// Crates that layers must not use: HTTP and JSON belong above operations, SQL above the domain.
const FOREIGN_TO: [(&str, &[&str]); 5] = [
    ("domain", &["axum", "hyper", "schemars", "serde", "serde_json", "sqlx", "tokio"]),
    ("database", &["axum", "hyper", "schemars", "serde", "serde_json"]),
    ("store", &["axum", "hyper", "schemars"]),
    ("operations", &["axum", "hyper", "schemars", "serde", "serde_json"]),
    ("actions", &["axum", "hyper"]),
];

/// Words that MySQL reserves and MariaDB does not, on which the other tests run.
const RESERVED_BY_MYSQL: [&str; 30] = [
    "cube",
    "cume_dist",
    "dense_rank",
    "empty",
    "external",
    "first_value",
    "function",
    "generated",
    "get",
    "grouping",
    "groups",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "library",
    "manual",
    "nth_value",
    "ntile",
    "of",
    "parallel",
    "percent_rank",
    "qualify",
    "rank",
    "row_number",
    "stored",
    "system",
    "tablesample",
    "virtual",
    "window",
];

/// The most files that a folder may have side by side.
const MOST_FILES: usize = 20;

static SOURCE: LazyLock<Crate> = LazyLock::new(|| Crate::read("src"));

/// The file with the catalogue of actions.
static CATALOGUE_FILE: LazyLock<&File> = LazyLock::new(|| &SOURCE.modules[&["actions".to_owned()][..]]);

/// Returns the modules in the order of the list in `src/lib.rs`, uppermost first.
fn order() -> Vec<String> {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let is_of_list = |line: &&str| line.starts_with("//! - ") || line.starts_with("//!   ");
    let links = text.lines().filter(is_of_list).flat_map(|line| line.split("[`").skip(1));
    links.filter_map(|link| Some(link.split_once("`]")?.0.to_owned())).collect()
}

/// Returns the member of a folder to which a module belongs; `None` if it is outside the folder, or its front page.
fn member<'m>(folder: &[String], module: &'m Module) -> Option<&'m str> {
    module.strip_prefix(folder)?.first().map(String::as_str)
}

/// Returns the imports among the members of a folder, with their places.
fn imports_within<'c>(read: &'c Crate, folder: &[String]) -> BTreeMap<(&'c str, &'c str), Vec<&'c str>> {
    let mut imports: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for import in &read.imports {
        match (member(folder, &import.from), member(folder, &import.to)) {
            (Some(from), Some(to)) if from != to => imports.entry((from, to)).or_default().push(&import.place),
            _ => {}
        }
    }
    imports
}

/// Returns the imports that are part of cycles, or between two cycles: those that remain after imports from or to a
/// module without imports in the other direction have been removed repeatedly.
fn circles(read: &Crate) -> Vec<String> {
    let folders: BTreeSet<&[String]> = read.modules.keys().filter_map(|module| Some(module.split_last()?.1)).collect();
    let mut found = Vec::new();
    for folder in folders {
        let mut imports = imports_within(read, folder);
        loop {
            let sources: BTreeSet<&str> = imports.keys().map(|&(from, _)| from).collect();
            let targets: BTreeSet<&str> = imports.keys().map(|&(_, to)| to).collect();
            let before = imports.len();
            imports.retain(|(from, to), _| targets.contains(from) && sources.contains(to));
            if imports.len() == before {
                break;
            }
        }
        let folder = folder.join("/");
        let told =
            |((from, to), places): (_, Vec<&str>)| format!("{folder}: {from} -> {to}\n  {}", places.join("\n  "));
        found.extend(imports.into_iter().map(told));
    }
    found
}

#[test]
fn the_order_names_each_module_once() {
    let mut named = order();
    named.sort_unstable();
    let modules: BTreeSet<&str> = SOURCE.modules.keys().filter_map(|module| member(&[], module)).collect();
    assert_eq!(named, Vec::from_iter(modules), "the list in src/lib.rs, and the modules of the crate");
}

#[test]
fn imports_run_down_the_order_of_lib_rs() {
    let order = order();
    let height = |module: &str| order.iter().position(|name| name == module);
    let mut wrong = Vec::new();
    for ((from, to), places) in imports_within(&SOURCE, &[]) {
        if height(from) >= height(to) {
            wrong.push(format!("{to} comes before {from} in src/lib.rs:\n  {}", places.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_and_folders_do_not_import_each_other_in_circles() {
    for read in [&*SOURCE, &Crate::read("benches/throughput")] {
        let circles = circles(read);
        assert!(circles.is_empty(), "{}", circles.join("\n"));
    }
}

/// What several actions share is in a file of its own or on the front page of their group.
#[test]
fn an_action_is_imported_by_no_other_file() {
    let is_action = |module: &Module| SOURCE.modules[module].text.contains("\nimpl Action for ");
    let is_front_page = |module: &Module| SOURCE.modules[module].name.ends_with("/mod.rs");
    let wrong = SOURCE.imports.iter().filter(|import| is_action(&import.to) && !is_front_page(&import.from));
    let wrong = wrong.filter(|import| !ACTIONS_STILL_IMPORTED.iter().any(|folder| import.place.starts_with(folder)));
    // Files in a folder of the action's own name may be imported.
    let wrong = wrong.filter(|import| !import.from.starts_with(&import.to));
    let wrong: Vec<&str> = wrong.map(|import| &*import.place).collect();
    assert!(wrong.is_empty(), "actions are imported:\n{}", wrong.join("\n"));
}

#[test]
fn layers_do_without_the_crates_of_those_above() {
    let is_wrong =
        |module: &str, name: &str| FOREIGN_TO.iter().any(|&(layer, crates)| layer == module && crates.contains(&name));
    let wrong = SOURCE
        .foreign
        .iter()
        .filter(|path| member(&[], &path.from).is_some_and(|layer| is_wrong(layer, &path.first_name)));
    let wrong: Vec<&str> = wrong.map(|path| &*path.place).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_column_has_a_name_that_mysql_reserves() {
    let is_reserved = |name: &str| RESERVED_BY_MYSQL.contains(&name);
    let mut wrong = Vec::new();
    for (module, file) in &SOURCE.modules {
        let names = file.text.split(" AS ").skip(1).filter_map(|rest| rest.split([',', ' ', ')', '"', '\n']).next());
        wrong.extend(names.filter(|name| is_reserved(name)).map(|name| format!("{module:?}: {name}")));
    }
    assert_eq!(wrong, Vec::<String>::new(), "in backquotes they are names");
}

#[test]
fn folders_are_small() {
    let mut folders = vec![PathBuf::from("src"), PathBuf::from("tests")];
    let mut wrong = Vec::new();
    while let Some(folder) = folders.pop() {
        let (inner, files): (Vec<PathBuf>, Vec<PathBuf>) =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).partition(|path| path.is_dir());
        if files.len() > MOST_FILES {
            wrong.push(format!("{} has {} files", folder.display(), files.len()));
        }
        folders.extend(inner);
    }
    assert!(wrong.is_empty(), "more than {MOST_FILES} files side by side: {wrong:?}");
}

/// The front page of a folder is its `mod.rs`; of an action with parts, its file; of a group of actions, the comment above
/// the group in the catalogue, which declares the group's files.
#[test]
fn each_folder_has_a_front_page() {
    let catalogue = CATALOGUE_FILE.text.lines().map(str::trim).collect::<Vec<_>>();
    let is_described = |group: &str| {
        let begins = |line: &str| line.ends_with('{') && line.split(' ').next() == Some(group);
        catalogue.windows(2).any(|lines| lines[0].starts_with("/// ") && begins(lines[1]))
    };
    let folders: BTreeSet<&[String]> =
        SOURCE.modules.keys().filter_map(|module| Some(module.split_last()?.1)).collect();
    let wrong: Vec<&&[String]> = folders
        .iter()
        .filter(|folder| match (SOURCE.modules.get(**folder), folder) {
            (Some(front_page), _) => !front_page.text.starts_with("//! "),
            (None, [actions, group]) => actions != "actions" || !is_described(group),
            (None, _) => true,
        })
        .collect();
    assert!(wrong.is_empty(), "these folders have no front page that begins with a comment: {wrong:?}");
}

/// Clients split replies at semicolons and line breaks, so no text of an error has any.
#[test]
fn texts_of_errors_have_no_separators() {
    let has_texts =
        |module: &&Module| matches!(module.first().map(String::as_str), Some("actions" | "auth" | "error" | "param"));
    let mut wrong = Vec::new();
    for module in SOURCE.modules.keys().filter(has_texts) {
        let file = &SOURCE.modules[module];
        let code = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let texts = texts(code.parse().unwrap()).into_iter();
        let split = texts.filter(|text| text.contains(';') || text.contains("\\n") || text.contains("\\r"));
        wrong.extend(split.map(|text| format!("{}: {text}", file.name)));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Returns the text literals as they are written, without doc comments.
fn texts(tokens: TokenStream) -> Vec<String> {
    let is_doc = |group: &Group| group.stream().into_iter().next().is_some_and(|token| token.to_string() == "doc");
    let of_token = |token| match token {
        TokenTree::Group(group) if !is_doc(&group) => texts(group.stream()),
        TokenTree::Literal(literal) if literal.to_string().contains('"') => vec![literal.to_string()],
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(of_token).collect()
}

/// What no module declares is not compiled, and tests in it do not run.
#[test]
fn each_file_is_declared() {
    let mut wrong = Vec::new();
    let tests = Crate::read("tests");
    for read in [&*SOURCE, &tests] {
        for (module, file) in &read.modules {
            let Some((name, folder)) = module.split_last() else { continue };
            // The catalogue declares the files of actions, and their tests.
            let is_declared = match read.modules.get(folder) {
                Some(parent) => parent.text.contains(&format!("mod {name};")),
                None => {
                    let mut words =
                        CATALOGUE_FILE.text.split(|character: char| character != '_' && !character.is_alphanumeric());
                    words.any(|word| word == name)
                }
            };
            if !is_declared {
                wrong.push(&*file.name);
            }
        }
    }
    assert!(wrong.is_empty(), "no module declares {wrong:?}");
}

#[test]
fn circles_are_found() {
    let file = |text: &str| File { name: String::new(), text: text.to_owned() };
    let module = |path: &str| path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect::<Module>();
    let of = |files: &[(&str, &str)]| {
        circles(&Crate::of(files.iter().map(|&(path, text)| (module(path), file(text))).collect()))
    };
    // A front page and its parts may import each other.
    let one_way = [
        ("", "use a::A;"),
        ("a", "use b::B; use crate::c::C;"),
        ("a/b", "use super::A;"),
        ("c", "use crate::d::D;"),
        ("d", ""),
    ];
    assert_eq!(of(&one_way), Vec::<String>::new());
    let mut round = one_way.to_vec();
    round[4].1 = "use crate::a::b::B;";
    let found = of(&round);
    let imports: Vec<&str> = found.iter().filter_map(|import| import.split('\n').next()).collect();
    assert_eq!(imports, [": a -> c", ": c -> d", ": d -> a"]);
}

/// Groups whose actions are known to be imported by other actions.
const ACTIONS_STILL_IMPORTED: [&str; 1] = ["src/actions/billing/"];
