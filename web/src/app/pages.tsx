/** Which pages each role has, and nobody else. */

import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

import type { Viewer } from '../identity';

export type RoleName = Viewer['__typename'];

/** A part of the pages: it is loaded when somebody opens it. `rest` is the path after its own. */
interface Part {
  path: string;
  roles: RoleName[];
  Component: LazyExoticComponent<ComponentType<{ rest: string[] }>>;
}

export const PARTS: Part[] = [
  { path: 'tutor', roles: ['Tutor'], Component: lazy(() => import('../tutor')) },
  { path: 'student', roles: ['Student'], Component: lazy(() => import('../student')) },
  { path: 'parent', roles: ['Parent'], Component: lazy(() => import('../parent')) },
  { path: 'analyst', roles: ['Tutor', 'Admin'], Component: lazy(() => import('../analyst')) },
];

/** What stands in the navigation. */
export const NAVIGATION: Record<RoleName, { to: string; name: string }[]> = {
  Tutor: [
    { to: '/tutor', name: 'Students' },
    { to: '/tutor/review', name: 'Review' },
    { to: '/analyst', name: 'Analytics' },
  ],
  Student: [
    { to: '/student', name: 'Today' },
    { to: '/student/practice', name: 'Practice' },
    { to: '/student/ask', name: 'Ask' },
    { to: '/student/progress', name: 'Progress' },
  ],
  Parent: [{ to: '/parent', name: 'Progress' }],
  Admin: [{ to: '/analyst', name: 'Analytics' }],
};

/** Where somebody begins. */
export function homeOf(role: RoleName): string {
  return NAVIGATION[role][0]?.to ?? '/';
}
