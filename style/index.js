import './base.css';
import './control.css';
import './notice.css';
import './panel.css';
import './states.css';
