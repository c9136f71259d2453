//! Who ends, joins and leaves at the same time: each many times.

use gorge_base::sync::{model, thread};

use super::error::{ContextError, End};
use super::kept::Kept;
use super::tree::Node;

fn canceled() -> End {
    End { error: ContextError::Canceled, cause: None }
}

fn root() -> Kept<Node> {
    Node::new(None).into_iter().next().unwrap()
}

fn below(parent: &Kept<Node>) -> Kept<Node> {
    Node::new(Some(parent.clone())).into_iter().next().unwrap()
}

#[test]
fn a_parent_ends_while_a_child_is_forgotten() {
    model(|| {
        let parent = root();
        let [child, same] = Node::new(Some(parent.clone()));
        let forgets = thread::spawn(move || drop((child, same)));
        assert!(parent.cancel(canceled()));
        forgets.join().unwrap();
        assert_eq!(parent.children(), 0);
    });
}

#[test]
fn a_parent_ends_while_a_child_ends_and_is_forgotten() {
    model(|| {
        let parent = root();
        let child = below(&parent);
        let ends = thread::spawn(move || {
            child.cancel(canceled());
            assert!(child.error().is_some());
        });
        assert!(parent.cancel(canceled()));
        ends.join().unwrap();
        assert_eq!(parent.children(), 0);
    });
}

#[test]
fn who_comes_below_an_end_ends() {
    model(|| {
        let parent = root();
        let child = below(&parent);
        let joins = thread::spawn(move || below(&child));
        assert!(parent.cancel(canceled()));
        let grandchild = joins.join().unwrap();
        assert_eq!(grandchild.error(), Some(ContextError::Canceled));
    });
}

#[test]
fn it_ends_once() {
    model(|| {
        let parent = root();
        let child = below(&parent);
        let same = child.clone();
        let ends = thread::spawn(move || same.cancel(canceled()));
        let cause = Some(std::sync::Arc::from(Box::from("why")));
        let here = child.cancel(End { error: ContextError::DeadlineExceeded, cause });
        assert_ne!(ends.join().unwrap(), here);
        assert_eq!(child.error() == Some(ContextError::DeadlineExceeded), here);
        assert_eq!(parent.children(), 0);
    });
}

#[test]
fn neighbours_are_forgotten_at_once() {
    model(|| {
        let parent = root();
        let [first, second, third] = [(); 3].map(|()| below(&parent));
        let forget = [first, second].map(|child| thread::spawn(move || drop(child)));
        forget.into_iter().for_each(|forgets| forgets.join().unwrap());
        assert_eq!(parent.children(), 1);
        assert!(parent.cancel(canceled()));
        assert!(third.error().is_some());
    });
}

#[test]
fn a_parent_ends_while_two_below_it_go() {
    model(|| {
        let parent = root();
        let [first, second] = [(); 2].map(|()| below(&parent));
        let used = below(&second); // one to be kept meanwhile
        let ends = thread::spawn(move || drop(first));
        let goes = thread::spawn(move || second.cancel(canceled()));
        parent.cancel(canceled());
        ends.join().unwrap();
        goes.join().unwrap();
        assert_eq!(parent.children(), 0);
        assert!(used.error().is_some());
    });
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_node_is_what_is_freed_quickly() {
    // glibc: what is larger is merged with its neighbours when it is freed.
    let (_, bytes) = super::kept::extent(&*root());
    assert!(bytes <= 120, "{bytes}");
}
