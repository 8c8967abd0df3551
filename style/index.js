// Comes with the first view that needs it, not when the page starts. What states say wins, so it is last.
import './base.css';
import './control.css';
import './notice.css';
import './panel.css';
import './states.css';
