//! Reads the modules of a crate and their imports from the tokens of its files: comments and texts do not count, but
//! nested `use` trees and paths within expressions do.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::iter::Peekable;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree, token_stream};

/// The names from the root of a crate to a module, such as `["store", "billing"]`; empty for the root.
pub type Module = Vec<String>;

/// A place at which one module refers to another module of its crate.
#[derive(Debug)]
pub struct Import {
    pub from: Module,
    pub to: Module,
    /// The place, such as `src/auth/gate.rs:23: crate::error::Error`.
    pub place: String,
}

/// A place at which a module refers to something outside its crate; another crate, if one has this name.
#[derive(Debug)]
pub struct ForeignPath {
    pub from: Module,
    pub first_name: String,
    pub place: String,
}

/// The modules of a crate that have files of their own, and their imports.
#[derive(Debug, Default)]
pub struct Crate {
    pub modules: BTreeMap<Module, File>,
    pub imports: Vec<Import>,
    pub foreign: Vec<ForeignPath>,
    /// The origin of names that modules re-export from modules below them.
    re_exports: HashMap<(Module, String), Module>,
}

#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub text: String,
}

/// A path as it is written in a file.
struct SourcePath {
    names: Vec<String>,
    /// The modules within the file that contain the path.
    inline_modules: Vec<String>,
    line: usize,
    is_use: bool,
}

impl Crate {
    /// Reads the crate whose `lib.rs` or `main.rs` is in this folder.
    pub fn read(folder: &str) -> Crate {
        let mut modules = BTreeMap::new();
        find_modules(Path::new(folder), &[], &mut modules);
        Crate::of(modules)
    }

    pub fn of(modules: BTreeMap<Module, File>) -> Crate {
        let mut read = Crate { modules, ..Crate::default() };
        let mut all = Vec::new();
        for (module, file) in &read.modules {
            let tokens = file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.name));
            let mut paths = Vec::new();
            collect_paths(tokens, &[], &mut paths);
            all.extend(paths.into_iter().map(|path| (module.clone(), path)));
        }
        for (module, path) in &all {
            read.add_re_export(module, path);
        }
        for (module, path) in &all {
            read.add(module, path);
        }
        read
    }

    fn add_re_export(&mut self, module: &Module, path: &SourcePath) {
        let names = path.names.strip_prefix(&["self".to_owned()][..]).unwrap_or(&path.names);
        let [way @ .., name] = names else { return };
        let origin = [module, way].concat();
        if path.is_use && path.inline_modules.is_empty() && !way.is_empty() && self.modules.contains_key(&origin) {
            self.re_exports.insert((module.clone(), name.clone()), origin);
        }
    }

    fn add(&mut self, from: &Module, path: &SourcePath) {
        let place = format!("{}:{}: {}", self.modules[from].name, path.line, path.names.join("::"));
        let here = [&from[..], &path.inline_modules].concat();
        let first = &path.names[0];
        let start = match &**first {
            "crate" => Module::new(),
            "self" | "super" => here,
            _ if self.step(&here, first).is_some() => here,
            _ => {
                self.foreign.push(ForeignPath { from: from.clone(), first_name: first.clone(), place });
                return;
            }
        };
        let to = self.resolve(start, &path.names);
        if to != *from {
            self.imports.push(Import { from: from.clone(), to, place });
        }
    }

    /// Follows a path as far as there are modules with files.
    fn resolve(&self, start: Module, names: &[String]) -> Module {
        let mut module = start;
        for name in names {
            match &**name {
                "crate" | "self" => {}
                "super" => drop(module.pop()),
                name => match self.step(&module, name) {
                    Some(next) => module = next,
                    None => break,
                },
            }
        }
        while !self.modules.contains_key(&module) {
            module.pop();
        }
        module
    }

    fn step(&self, module: &[String], name: &str) -> Option<Module> {
        let child = [module, &[name.to_owned()]].concat();
        match self.modules.contains_key(&child) {
            true => Some(child),
            false => self.re_exports.get(&(module.to_vec(), name.to_owned())).cloned(),
        }
    }
}

fn find_modules(folder: &Path, module: &[String], modules: &mut BTreeMap<Module, File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let child = [module, &[name.to_owned()]].concat();
        if path.join("Cargo.toml").exists() {
            continue; // A package of its own.
        }
        if path.is_dir() {
            find_modules(&path, &child, modules);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if matches!(name, "mod" | "lib" | "main") { module.to_vec() } else { child };
            let file = File { name: path.display().to_string(), text: fs::read_to_string(&path).unwrap() };
            // `main.rs` beside `lib.rs` is a separate crate, which only calls the other.
            if name != "main" || !path.with_file_name("lib.rs").exists() {
                modules.insert(module, file);
            }
        }
    }
}

type Tokens = Peekable<token_stream::IntoIter>;

/// Collects paths of several names, and imports.
fn collect_paths(tokens: TokenStream, inline_modules: &[String], paths: &mut Vec<SourcePath>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut is_use = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => collect_paths(group.stream(), inline_modules, paths),
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_use = false,
            TokenTree::Ident(word) if word == "use" => is_use = true,
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens.next().map(|name| name.to_string()).unwrap_or_default();
                if let Some(TokenTree::Group(body)) = tokens.peek() {
                    collect_paths(body.stream(), &[inline_modules, &[name]].concat(), paths);
                    tokens.next();
                }
            }
            TokenTree::Ident(first) => {
                let (line, mut found) = (first.span().start().line, Vec::new());
                follow(vec![first.to_string()], &mut tokens, &mut found);
                let found = found.into_iter().filter(|names| is_use || names.len() > 1);
                let path = |names| SourcePath { names, inline_modules: inline_modules.to_vec(), line, is_use };
                paths.extend(found.map(path));
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Follows a path to its end, or to each end of a `use` tree.
fn follow(mut names: Vec<String>, tokens: &mut Tokens, found: &mut Vec<Vec<String>>) {
    while skip_colons(tokens) {
        match tokens.peek() {
            Some(TokenTree::Ident(name)) => {
                names.push(name.to_string());
                tokens.next();
            }
            Some(TokenTree::Group(group)) => {
                let mut branches = group.stream().into_iter().peekable();
                tokens.next();
                while let Some(first) = branches.next() {
                    let first = (first.to_string() != "self").then(|| first.to_string());
                    follow(names.iter().cloned().chain(first).collect(), &mut branches, found);
                    // Skips the alias, if there is one, and the comma.
                    while branches.next().is_some_and(|token| !is_punct(&token, ',')) {}
                }
                return;
            }
            // `*`, or the `<` of generic arguments.
            _ => break,
        }
    }
    found.push(names);
}

fn skip_colons(tokens: &mut Tokens) -> bool {
    let mut ahead = tokens.clone();
    let are_there = (0..2).all(|_| ahead.next().is_some_and(|token| is_punct(&token, ':')));
    if are_there {
        *tokens = ahead;
    }
    are_there
}

fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let file = |name: &str, text: &str| File { name: name.to_owned(), text: text.to_owned() };
    let module = |path: &str| path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect::<Module>();
    let modules = [
        ("", file("lib.rs", "pub mod a; pub mod b;")),
        ("a", file("a.rs", "// crate::b\nuse crate::{b::{self, c::X as Y}, d};\nconst TEXT: &str = \"crate::e\";")),
        (
            "b",
            file(
                "b/mod.rs",
                "mod c;\npub use c::{X, Z};\n#[derive(serde::Serialize)] struct S { d: crate::d::D<super::e::E> }",
            ),
        ),
        (
            "b::c",
            file(
                "b/c.rs",
                "fn f() { vec![crate::d::g()]; self.x; }\nmod tests { use super::*; use super::super::super::e; }",
            ),
        ),
        ("d", file("d.rs", "use super::b::X;\nimpl<T> crate::e::Trait for T {}")),
        ("e", file("e.rs", "pub(super) fn e() {}")),
    ];
    let read = Crate::of(modules.into_iter().map(|(path, file)| (module(path), file)).collect());
    let mut found: Vec<String> =
        read.imports.iter().map(|import| format!("{} {}", import.place, import.to.join("/"))).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            "a.rs:2: crate::b b",
            "a.rs:2: crate::b::c::X b/c",
            "a.rs:2: crate::d d",
            "b/c.rs:1: crate::d::g d",
            "b/c.rs:2: super::super::super::e e",
            "b/mod.rs:2: c::X b/c",
            "b/mod.rs:2: c::Z b/c",
            "b/mod.rs:3: crate::d::D d",
            "b/mod.rs:3: super::e::E e",
            "d.rs:1: super::b::X b/c",
            "d.rs:2: crate::e::Trait e",
        ]
    );
    assert_eq!(read.foreign.iter().map(|path| &*path.place).collect::<Vec<_>>(), ["b/mod.rs:3: serde::Serialize"]);
}
