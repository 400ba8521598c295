const app = document.getElementById('app');

function show() {
  const [, id] = /^\/orders\/(\d+)$/.exec(location.pathname) ?? [];
  app.innerHTML = id
    ? `<h1>Order ${id}</h1><a href="/">All orders</a>`
    : '<h1>Orders</h1><a href="/orders/42">Order 42</a> <a href="/help">Help</a>';
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="/"]:not([href="/help"])');
  if (!link) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  show();
});
addEventListener('popstate', show);
show();
