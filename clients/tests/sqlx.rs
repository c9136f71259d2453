//! sqlx, waited for by goroutines, with a tokio runtime on the side.

use gorge::future::FutureExt;
use gorge::{go, scope};
use sqlx::sqlite::SqlitePoolOptions;

#[test]
fn many_goroutines_one_database() {
    gorge::run(|| {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let _inside = tokio.enter();
        // One connection: goroutines wait for it in line.
        let pool =
            SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").wait().unwrap();
        sqlx::query("CREATE TABLE words (word TEXT, length INTEGER)")
            .execute(&pool)
            .wait()
            .unwrap();
        scope(|s| {
            for n in 0..20i64 {
                let (pool, tokio) = (pool.clone(), tokio.handle().clone());
                s.go(move || {
                    let _inside = tokio.enter();
                    let insert = sqlx::query("INSERT INTO words VALUES (?, ?)");
                    insert.bind("x".repeat(n as usize)).bind(n).execute(&pool).wait().unwrap();
                });
            }
        });
        let (count, sum): (i64, i64) = sqlx::query_as("SELECT count(*), sum(length) FROM words")
            .fetch_one(&pool)
            .wait()
            .unwrap();
        assert_eq!((count, sum), (20, 190));
        // A transaction that another goroutine goes on with.
        let mut transaction = pool.begin().wait().unwrap();
        sqlx::query("DELETE FROM words").execute(&mut *transaction).wait().unwrap();
        let handle = tokio.handle().clone();
        go(move || {
            let _inside = handle.enter();
            transaction.rollback().wait().unwrap();
        })
        .join()
        .unwrap();
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM words").fetch_one(&pool).wait().unwrap();
        assert_eq!(count, 20);
        pool.close().wait();
    });
}
