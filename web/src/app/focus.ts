/** Keeps the focus near to where it was when what had it goes away: a form that is done with, a card that is settled. */

const INTERACTIVE = 'a, button, input, select, textarea, summary';

interface Place {
  element: Element;
  /** Among its parent's children. */
  at: number;
}

/** Whoever comes by keyboard would begin again at the top. Gives what ends it. */
export function keepFocus(): () => void {
  let path: Place[] = [];

  function remember() {
    path = [];
    for (let each = document.activeElement; each && each !== document.body; each = each.parentElement) {
      path.push({ element: each, at: [...(each.parentElement?.children ?? [])].indexOf(each) });
    }
  }

  const observer = new MutationObserver(() => {
    if (document.activeElement && document.activeElement !== document.body) return remember();
    const place = path.findIndex(({ element }) => element.isConnected);
    if (place < 1) return;
    const home = path[place]?.element as HTMLElement;
    const instead = home.children[Math.min(path[place - 1]?.at ?? 0, home.children.length - 1)];
    // Not on what a key that is still held would press.
    const next = instead instanceof HTMLElement && !instead.matches(INTERACTIVE) ? instead : home;
    if (next.tabIndex < 0) next.tabIndex = -1;
    next.focus({ preventScroll: true });
    remember();
  });

  document.addEventListener('focusin', remember);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', remember);
    observer.disconnect();
  };
}
