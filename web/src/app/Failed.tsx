import { Component, type ReactNode } from 'react';

import { Button, Problem } from '../ui/parts';
import { Title } from './router';

/** A page that cannot be shown leaves what is around it standing: its code is not there, or it failed. */
export class Failed extends Component<{ children: ReactNode }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="page">
        <Title name="Not loaded">This page could not be loaded</Title>
        <Problem>The server cannot be reached just now, or it has newer pages than this window.</Problem>
        <p>
          <Button onClick={() => window.location.reload()}>Load it again</Button>
        </p>
      </div>
    );
  }
}
