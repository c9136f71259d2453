//! The list against a `VecDeque` that does the same.

use super::{Links, List, Node};
use crate::Rng;
use std::collections::VecDeque;
use std::ptr::NonNull;

struct Item {
    number: usize,
    links: Links<Item>,
}

// SAFETY: always the field `links`, which only the list touches.
unsafe impl Node for Item {
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY: the node is live by contract.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

fn items(n: usize) -> Vec<NonNull<Item>> {
    (0..n)
        .map(|number| NonNull::from(Box::leak(Box::new(Item { number, links: Links::new() }))))
        .collect()
}

fn free(items: Vec<NonNull<Item>>) {
    for item in items {
        // SAFETY: leaked in `items`, freed once.
        drop(unsafe { Box::from_raw(item.as_ptr()) });
    }
}

fn number(item: NonNull<Item>) -> usize {
    // SAFETY: items live until `free`.
    unsafe { item.as_ref() }.number
}

#[test]
fn first_in_first_out() {
    let nodes = items(3);
    let mut list = List::new();
    assert!(list.is_empty() && list.pop_front().is_none());
    for &node in &nodes {
        // SAFETY: alive until `free`, in no list.
        unsafe { list.push_back(node) };
    }
    assert_eq!(list.front().map(number), Some(0));
    let order: Vec<_> = std::iter::from_fn(|| list.pop_front()).map(number).collect();
    assert_eq!(order, [0, 1, 2]);
    assert!(list.is_empty());
    free(nodes);
}

#[test]
fn removing_what_is_not_there_says_so() {
    let nodes = items(2);
    let mut list = List::new();
    // SAFETY: alive until `free`; in this list or none.
    unsafe {
        assert!(!list.remove(nodes[0]));
        list.push_back(nodes[0]);
        assert!(!list.remove(nodes[1]));
        assert!(list.remove(nodes[0]));
        assert!(!list.remove(nodes[0]));
    }
    assert!(list.is_empty());
    free(nodes);
}

#[test]
fn agrees_with_a_deque_under_random_use() {
    let nodes = items(16);
    let (mut list, mut deque, mut rng) = (List::new(), VecDeque::new(), Rng::new(5));
    for _ in 0..50_000 {
        let pick = rng.below(16) as usize;
        match rng.below(3) {
            0 if !deque.contains(&pick) => {
                // SAFETY: alive until `free`; the deque says that it is in no list.
                unsafe { list.push_back(nodes[pick]) };
                deque.push_back(pick);
            }
            1 => assert_eq!(list.pop_front().map(number), deque.pop_front()),
            _ => {
                let there = deque.contains(&pick);
                deque.retain(|&other| other != pick);
                // SAFETY: alive until `free`; in this list or none.
                assert_eq!(unsafe { list.remove(nodes[pick]) }, there);
            }
        }
        assert_eq!(list.is_empty(), deque.is_empty());
        // SAFETY: each node of the walk is in the list.
        let walk = std::iter::successors(list.front(), |&node| unsafe { list.after(node) });
        assert!(walk.map(number).eq(deque.iter().copied()));
    }
    free(nodes);
}
