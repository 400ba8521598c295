import './style.css';
import { title } from './title.js';

function show(text) {
  document.querySelector('#title').textContent = text;
}

async function greet() {
  const answer = await fetch('/api/hello');
  const { greeting } = await answer.json();
  document.querySelector('#greeting').textContent = greeting;
}

show(title);
greet();

// A change of title.js is shown without a reload of the page.
import.meta.hot?.accept('./title.js', (changed) => show(changed.title));
