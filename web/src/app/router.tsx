/** Addresses of pages: paths. Who is asking stays after the #, so that each window may be somebody else's. */

import { useEffect, useRef, useSyncExternalStore, type AnchorHTMLAttributes, type ReactNode } from 'react';

import { decoded } from '../identity';

const MOVED = 'study:moved';

function subscribe(listener: () => void): () => void {
  window.addEventListener('popstate', listener);
  window.addEventListener(MOVED, listener);
  return () => {
    window.removeEventListener('popstate', listener);
    window.removeEventListener(MOVED, listener);
  };
}

/** The path of the page that is shown, its parts: `/tutor/students/7` is ['tutor', 'students', '7']. */
export function usePath(): string[] {
  const path = useSyncExternalStore(subscribe, () => window.location.pathname);
  return path.split('/').filter(Boolean).map(decoded);
}

/** Go to a page. */
export function go(to: string, { replace = false } = {}): void {
  const address = `${to}${window.location.hash}`;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  window.dispatchEvent(new Event(MOVED));
  window.scrollTo(0, 0);
}

export function Link({
  to,
  children,
  ...rest
}: { to: string; children: ReactNode } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  return (
    <a
      {...rest}
      href={`${to}${window.location.hash}`}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}

let opened = 0;

/** The heading of a page, which is its title too. Who comes from another page is led to it. */
export function Title({ children, name }: { children: ReactNode; name: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${name} · Study Companion`;
  }, [name]);
  useEffect(() => {
    if (opened++ > 0) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
