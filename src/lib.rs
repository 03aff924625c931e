//! A drop-in server for the WHMCS API.
//!
//! [`testing`] starts one in a test of a program that calls the API. Other programs rely on it alone: all else here is the
//! server's own, and may change with any version.
//!
//! The modules in reading order. Each may import those that come after it in this list, and no other: a test reads the list.
//!
//! - [`command_line`] has the commands, and [`testing`] starts servers in tests of other programs.
//! - [`server`] is HTTP: the routes, the pages for a browser, and a running server with its background tasks.
//! - [`demo`] fills a database with data to try things on; [`doctor`] examines one.
//! - [`api`] is the path of one call: authenticate, authorize, run, encode.
//! - [`openapi`] describes the actions to programs.
//! - [`actions`] is WHMCS's API as one surface: the catalogue, and one file for each action, which reads parameters, calls an
//!   operation and writes a reply. Actions know nothing of HTTP, nor of how their parameters and replies are written.
//! - [`call`] and [`param`] are what an action receives.
//! - [`auth`] says who is calling, and what they may call.
//! - [`audit`] checks the books.
//! - [`observability`] shows operators how calls and the server are doing: metrics, traces, and the log of calls.
//! - [`error`] is what a caller is told when a call fails.
//! - [`wire`] turns bytes into values and back.
//! - [`operations`] is what can be done to the business, whoever asks, with typed input, outcomes and errors.
//! - [`outbox`] is what happens outside the database after a commit: mail, and commands to provisioning modules.
//! - [`attachments`] keeps the files that come with tickets.
//! - [`store`] has every SQL statement, by area.
//! - [`database`] has the connections: servers, pool, leases, prepared statements, the writing half of a transaction,
//!   migrations; and the private MariaDB that runs if no other server is configured.
//! - [`redaction`] keeps secrets out of logs.
//! - [`config`] has the settings, and [`network`] the addresses that callers come from.
//! - [`fault`] is what fails below an operation.
//! - [`domain`] has the rules, pure: it reads no bytes and asks no database.

pub mod actions;
pub mod api;
pub mod attachments;
pub mod audit;
pub mod auth;
pub mod call;
pub mod command_line;
pub mod config;
pub mod database;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod error;
pub mod fault;
pub mod network;
pub mod observability;
pub mod openapi;
pub mod operations;
pub mod outbox;
pub mod param;
pub mod redaction;
pub mod server;
pub mod store;
pub mod testing;
pub mod wire;
