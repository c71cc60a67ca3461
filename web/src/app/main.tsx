import '@fontsource-variable/atkinson-hyperlegible-next/wght.css';
import '@fontsource-variable/literata/wght.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/parts.css';
import '../ui/pages.css';
import './frame.css';

import { createRoot } from 'react-dom/client';

import { App } from './App';
import { keepFocus } from './focus';

createRoot(document.getElementById('page') as HTMLElement).render(<App />);
keepFocus();
