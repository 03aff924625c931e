//! A support desk: the tickets of `fixtures/tickets.sql` with their files.

use std::fs;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};

use whmcs_api::config::{Attachments, Settings};

use super::TestApi;
use super::database::Scratch;

/// The files of the tickets, which have their own names as content, without the number before these.
pub const FILES: [&str; 4] = ["000001_ash.txt", "123456_fire_1.png", "654321_fire.txt", "777777_map.pdf"];

/// An API with tickets, and the folder of their files.
pub struct Desk {
    api: TestApi,
    folder: Scratch,
}

impl Desk {
    pub async fn open() -> Desk {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let folder = Scratch::new(&format!("desk-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        let attachments = Attachments { dir: folder.to_path_buf(), ..Attachments::default() };
        let api = TestApi::with_settings(Settings { attachments, ..Settings::default() }).await;
        api.sql(include_str!("fixtures/tickets.sql")).await;
        for name in FILES {
            fs::write(folder.join(name), name.split_once('_').unwrap().1).unwrap();
        }
        Desk { api, folder }
    }

    /// The names of the stored files, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&*self.folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub fn remove_file(&self, name: &str) {
        fs::remove_file(self.folder.join(name)).unwrap();
    }

    /// Leaves no folder in which files could be stored.
    pub fn replace_folder_by_a_file(&self) {
        fs::remove_dir_all(&*self.folder).unwrap();
        fs::write(&*self.folder, "").unwrap();
    }

    /// Assigns the credential's owner to these departments only.
    pub async fn assign(&self, departments: &str) {
        self.sql(&format!("UPDATE tbladmins SET supportdepts = '{departments}' WHERE id = 1")).await;
    }

    /// Expects a refusal, and that all files are still there.
    pub async fn refuse_and_keep(&self, request: &str, message: &str) {
        let before = self.files();
        self.refuse(request, message).await;
        assert_eq!(self.files(), before, "{request}");
    }
}

impl Deref for Desk {
    type Target = TestApi;

    fn deref(&self) -> &TestApi {
        &self.api
    }
}
