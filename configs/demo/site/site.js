const ask = async () => {
  const response = await fetch('/api/hello');
  const { greeting, time } = await response.json();
  document.getElementById('greeting').textContent = `${greeting}, at ${time}`;
  document.getElementById('outcome').textContent = response.headers.get('x-cache');
};
document.getElementById('ask').addEventListener('click', ask);
ask();
